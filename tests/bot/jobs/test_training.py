"""Trainings, on a real database and real files; only the furnace and Discord are small ones."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.errors import Refusal
from bot.jobs import generation
from bot.jobs.training_queue import Actor
from bot.records.database import Database
from bot.records.files import PictureFiles
from bot.records.models import Training, TrainingState
from bot.records.origin import Origin
from bot.replies.reply import ReplyDelayed, Unreachable
from bot.replies.training_reply import Stage
from pipeline import GenerationFailed, InvalidRequest
from tests.bot.furnace import picture
from tests.bot.jobs.training_lives import TRAINING, Begin, Light, accepted


async def test_a_training_runs_from_accepted_to_an_artifact_that_its_user_is_told_of(
    light: Light, origin: Origin
) -> None:
    life = await light(30)
    training = await life.told()

    assert training.state is TrainingState.DONE
    assert (training.thread_id, training.message_id) == (5, 6)
    assert [it.num_steps for it in training.snapshots] == [10, 20, 30]
    assert [it.is_best for it in training.snapshots] == [False, False, True]
    (submitted,) = life.furnace.submitted
    assert submitted.pictures[0].content == picture(9)
    assert submitted.pictures[0].caption == "a dog"
    (result,) = life.reply.results
    assert (result.before, result.after) == ([picture(0)], [picture(30)])
    assert result.plot == picture(255)
    assert result.name == "corgi"
    assert [it.path.read_bytes() for it in result.files] == [b"learned well"]
    (artifact,) = await life.artifacts.usable(origin.user_id, None)
    assert artifact.id == training.artifact_id
    assert life.reply.shown[0].waiting
    assert life.reply.shown[-1].num_done == 30


async def test_a_paused_training_holds_nothing_until_somebody_resumes_it(
    begin: Begin, light: Light, owner: Actor
) -> None:
    life = await light(12)
    await life.jobs.pause(TRAINING, owner)
    with pytest.raises(Refusal):
        await life.jobs.pause(TRAINING, owner)
    await life.furnace.let(20)
    while not life.reply.settled:
        await life.until("paused")
    assert life.reply.settled[-1].stage is Stage.PAUSED
    assert (await life.now()).num_done == 12

    await life.jobs.close()
    after_restart = begin()
    await after_restart.jobs.resume()
    assert after_restart.furnace.submitted == []
    await after_restart.jobs.go_on(TRAINING, owner)
    await after_restart.furnace.reach(30)
    await after_restart.told()
    assert after_restart.reply.shown[1].notes == ("Going on after step 12.",)
    assert len(after_restart.reply.results) == 1


async def test_a_restart_goes_on_from_the_last_snapshot_and_tells_the_end_once(
    begin: Begin, files: PictureFiles, origin: Origin
) -> None:
    first = begin()
    await accepted(first, files, origin)
    await first.furnace.reach(15)
    await first.jobs.close()
    assert first.reply.results == []

    second = begin()
    await second.jobs.resume()
    await second.furnace.reach(30)
    await second.told()
    assert second.reply.num_opened == 0, "it has a place already"
    assert "Going on after step 15." in second.reply.shown[1].notes
    assert len(second.reply.results) == 1

    third = begin()
    await third.jobs.resume()
    await third.jobs.close()
    assert third.furnace.submitted == []
    assert third.reply.results == []


async def test_what_was_learned_before_a_crash_is_not_learned_again(
    begin: Begin, files: PictureFiles, origin: Origin
) -> None:
    first = begin()
    await accepted(first, files, origin)
    await first.furnace.reach(5)
    first.reply.errors += [ReplyDelayed("Discord is away")] * 9
    await first.furnace.reach(30)
    await first.until("done")
    await first.jobs.close()

    second = begin()
    await second.jobs.resume()
    await second.told()
    assert second.furnace.submitted == []
    assert len(second.reply.results) == 1


async def test_stopping_keeps_what_there_is_even_when_the_bot_dies_at_that_moment(
    begin: Begin, files: PictureFiles, origin: Origin, owner: Actor
) -> None:
    first = begin()
    await accepted(first, files, origin)
    await first.furnace.reach(12)
    first.furnace.order = lambda request_id, order: True  # type: ignore[method-assign]
    await first.jobs.finish(TRAINING, owner)
    await first.jobs.close()

    second = begin()
    await second.jobs.resume()
    training = await second.told()
    assert training.state is TrainingState.DONE
    assert training.num_done == 12


@pytest.mark.parametrize("is_paused", [False, True])
async def test_a_training_that_is_stopped_ends_at_the_step_it_has_reached(
    light: Light, owner: Actor, is_paused: bool
) -> None:
    life = await light(12)
    if is_paused:
        await life.rest(owner)
    await life.jobs.finish(TRAINING, owner)
    training = await life.told()
    assert training.state is TrainingState.DONE
    assert life.reply.results[0].num_steps == 12


async def test_nothing_stays_of_a_discarded_training(
    light: Light, owner: Actor, tmp_path: Path
) -> None:
    life = await light(12)
    await life.jobs.discard(TRAINING, owner)
    training = await life.told()
    assert training.state is TrainingState.CANCELLED
    assert training.snapshots == []
    assert life.reply.sentences == ["Discarded. Nothing of it was kept."]
    assert not (tmp_path / "training" / TRAINING).exists()
    with pytest.raises(Refusal):
        await life.jobs.go_on(TRAINING, owner)


async def test_strangers_may_do_nothing_and_admins_of_that_server_may_stop_it(
    light: Light, origin: Origin
) -> None:
    life = await light(3)
    for stranger in (Actor(1), Actor(1, manages_guild=2)):
        for press in (life.jobs.pause, life.jobs.finish, life.jobs.discard, life.jobs.sample):
            with pytest.raises(Refusal):
                await press(TRAINING, stranger)
    assert (await life.now()).state is TrainingState.RUNNING
    await life.jobs.discard(TRAINING, Actor(1, manages_guild=origin.guild_id))
    assert (await life.told()).state is TrainingState.CANCELLED


async def test_a_blown_furnace_is_told_once_and_rescued_from_an_earlier_snapshot(
    begin: Begin, files: PictureFiles, origin: Origin, owner: Actor
) -> None:
    life = begin()
    life.furnace.verdicts = {20: "blown", 30: "blown"}
    await accepted(life, files, origin)
    await life.furnace.reach(30)
    await life.told()
    assert [it.num_done for it in life.reply.warned] == [20]

    with pytest.raises(Refusal, match="no_such_snapshot"):
        await life.jobs.take_up(TRAINING, owner, 15, "0.001", 30)
    with pytest.raises(InvalidRequest):
        await life.jobs.take_up(TRAINING, owner, 10, "much", 30)
    life.furnace.verdicts = {}
    await life.jobs.take_up(TRAINING, owner, 10, "0.001", 40)
    await life.furnace.reach(40)
    training = await life.told()
    assert life.furnace.submitted[1].resume_from == 10
    assert life.furnace.submitted[1].learning_rate == "0.001"
    assert [it.num_steps for it in training.snapshots] == [10, 20, 30, 40]
    assert [it.verdict for it in training.snapshots] == ["learning"] * 4
    assert [it.num_steps for it in life.reply.results] == [30, 40]
    assert training.request["resume_from"] is None, "a restart does not go back again"


async def test_a_snapshot_can_be_what_was_learned(light: Light, owner: Actor) -> None:
    life = await light(30)
    await life.told()
    picked = await life.jobs.pick(TRAINING, owner, 20)
    assert life.artifacts.path(picked).read_bytes() == b"learned"
    assert (await life.now()).artifact_id == picked.id
    assert life.reply.picked == [("corgi", 20, owner.user_id)]


async def test_a_training_that_fails_says_why_and_can_be_taken_up_again(
    light: Light, owner: Actor
) -> None:
    life = await light(12)
    life.furnace.error = GenerationFailed("It became NaN.")
    await life.furnace.reach(30)
    assert (await life.told()).state is TrainingState.FAILED
    assert life.reply.sentences == ["It became NaN."]

    life.furnace.error = None
    await life.jobs.take_up(TRAINING, owner, 10, "0.001", 30)
    await life.furnace.reach(30)
    assert (await life.told()).state is TrainingState.DONE


async def test_a_warning_that_discord_does_not_take_comes_with_the_next_look(
    begin: Begin, files: PictureFiles, origin: Origin
) -> None:
    life = begin()
    life.furnace.verdicts = {10: "spoiled", 20: "spoiled"}
    await accepted(life, files, origin)
    await life.furnace.reach(5)
    life.reply.errors.append(ReplyDelayed("503"))
    await life.furnace.reach(30)
    await life.told()
    assert [it.num_done for it in life.reply.warned] == [20]


async def test_a_training_whose_user_cannot_be_reached_is_not_owed_for_ever(
    begin: Begin, files: PictureFiles, origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generation, "FIRST_RETRY", 0.01)
    life = begin(ReplyDelayed("503"), Unreachable())
    await accepted(life, files, origin)
    assert (await life.told()).state is TrainingState.FAILED


async def test_the_same_training_is_accepted_once(
    begin: Begin, files: PictureFiles, origin: Origin
) -> None:
    life = begin()
    await accepted(life, files, origin)
    with pytest.raises(Refusal):
        await accepted(life, files, replace(origin, user_id=7))


@pytest.mark.parametrize(("days", "stays"), [(29, True), (31, False)])
async def test_snapshots_of_a_training_that_ended_long_ago_are_swept_away(
    light: Light,
    origin: Origin,
    owner: Actor,
    database: Database,
    days: int,
    stays: bool,
) -> None:
    life = await light(30)
    training = await life.told()
    ended = datetime.now(UTC) - timedelta(days=days)
    async with database.writing() as session:
        await session.execute(update(Training).values(ended_at=ended))
    other = life.folder / "somebody's own"
    other.mkdir()

    await life.jobs.sweep()
    assert (life.folder / TRAINING).exists() == stays
    assert other.exists()
    artifact = await life.artifacts.find(training.artifact_id or "", origin.user_id, None)
    assert life.artifacts.path(artifact).read_bytes() == b"learned well"
    if not stays:
        with pytest.raises(Refusal, match=r"training\.no_snapshots"):
            await life.jobs.pick(TRAINING, owner, 20)
