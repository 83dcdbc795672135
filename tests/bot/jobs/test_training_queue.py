"""What is written down of a training when two things happen to it at the same moment."""

import asyncio
from pathlib import Path

import pytest

from bot.errors import Refusal
from bot.jobs.artifacts import Bringer, Kept
from bot.jobs.training_queue import Actor
from bot.records.database import Database
from bot.records.files import PictureFiles
from bot.records.models import TrainingState
from bot.records.origin import Origin
from bot.records.trainings import TrainingChanges
from pipeline import Artifact
from tests.bot.furnace import picture
from tests.bot.jobs.training_lives import REQUEST, TRAINING, Begin, accepted


async def test_a_worker_that_begins_late_undoes_nothing_of_what_was_asked_meanwhile(
    begin: Begin, files: PictureFiles, origin: Origin
) -> None:
    queue = begin().queue
    training = await queue.accept(REQUEST, [(await files.store(picture(9)), "")], origin)
    await queue.end_at(training, 7)
    assert await queue.begin(training)
    assert (await queue.find(TRAINING)).request["num_steps"] == 7
    await queue.take_up(training, Actor(origin.user_id), 5, {"learning_rate": "0.1"})
    assert not await queue.begin(training)
    assert (await queue.find(TRAINING)).request["resume_from"] == 5


async def test_an_end_that_comes_late_does_not_end_what_was_taken_up_again(
    begin: Begin, files: PictureFiles, origin: Origin
) -> None:
    queue = begin().queue
    training = await queue.accept(REQUEST, [(await files.store(picture(9)), "")], origin)
    await queue.take_up(training, Actor(origin.user_id), 10, {"num_steps": 40})
    assert not await queue.keep(training, "a" * 24, 30)
    await queue.fail(training, "It became NaN.")
    again = await queue.find(TRAINING)
    assert (again.state, again.artifact_id) == (TrainingState.ACCEPTED, None)
    assert await queue.keep(again, "a" * 24, 40)


async def test_of_two_trainings_of_one_name_that_are_confirmed_at_once_one_is_accepted(
    begin: Begin, files: PictureFiles, origin: Origin
) -> None:
    queue = begin().queue
    pictures = [(await files.store(picture(9)), "")]
    named = (("a" * 24, "corgi"), ("b" * 24, "Corgi"))
    said = await asyncio.gather(
        *(
            queue.accept(REQUEST.model_copy(update={"id": key, "name": name}), pictures, origin)
            for key, name in named
        ),
        return_exceptions=True,
    )
    assert [it.key for it in said if isinstance(it, Refusal)] == ["train.name_taken"]
    assert len(await queue.of_user(origin.user_id)) == 1


async def test_a_training_is_refused_whose_name_its_user_gave_to_something_since_its_preview(
    begin: Begin, files: PictureFiles, origin: Origin, tmp_path: Path
) -> None:
    life = begin()
    brought = tmp_path / "corgi.pt"
    brought.write_bytes(b"brought along")
    kept = Kept(kind="embedding", family="sd1", width=96)
    await life.artifacts.take(
        origin.user_id, "corgi", brought, kept, Bringer(origin.user_name, origin.roles)
    )
    with pytest.raises(Refusal, match=r"artifact\.name_taken"):
        await accepted(life, files, origin)


async def test_what_is_asked_at_the_moment_a_worker_begins_is_not_undone(
    begin: Begin, files: PictureFiles, origin: Origin, database: Database
) -> None:
    queue = begin().queue
    training = await queue.accept(REQUEST, [(await files.store(picture(9)), "")], origin)
    async with database.writing() as session:
        shortened = training.request | {"num_steps": 7}
        await TrainingChanges(session).shorten(TRAINING, shortened)
        beginning = asyncio.create_task(queue.begin(training))
        await asyncio.sleep(0.2)  # it may look now, and write when this is done
    assert await beginning
    assert (await queue.find(TRAINING)).request["num_steps"] == 7


async def test_what_is_ended_as_it_stood_before_a_worker_began_is_not_sent_back_again(
    begin: Begin, files: PictureFiles, origin: Origin
) -> None:
    queue = begin().queue
    training = await queue.accept(REQUEST, [(await files.store(picture(9)), "")], origin)
    await queue.take_up(training, Actor(origin.user_id), 10, {"learning_rate": "0.1"})
    seen = await queue.find(TRAINING)
    assert await queue.begin(seen)
    await queue.end_at(seen, 12)
    request = (await queue.find(TRAINING)).request
    assert (request["num_steps"], request["resume_from"]) == (12, None)


async def test_what_a_run_says_late_is_not_taken_for_what_came_after_it_was_taken_up_again(
    begin: Begin, files: PictureFiles, origin: Origin
) -> None:
    queue = begin().queue
    training = await queue.accept(REQUEST, [(await files.store(picture(9)), "")], origin)
    await queue.take_up(training, Actor(origin.user_id), 10, {"learning_rate": "0.1"})
    late = Artifact(TRAINING, "embeddings", Path("/runs/20"), 20, is_final=False)
    await queue.add_snapshot(training, late)
    await queue.reach(training, 21)
    again = await queue.find(TRAINING)
    assert (again.num_done, again.snapshots) == (10, [])
