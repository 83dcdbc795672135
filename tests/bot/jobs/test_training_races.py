"""Trainings of which two things are asked at once, or at a bad moment, or too much."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection

from bot.errors import Refusal
from bot.jobs import generation
from bot.jobs.training_queue import Actor
from bot.records.database import Database
from bot.records.files import PictureFiles
from bot.records.models import TrainingState
from bot.records.origin import Origin
from bot.replies.reply import ReplyDelayed, Unreachable
from tests.bot.conftest import sqlite_only
from tests.bot.furnace import picture
from tests.bot.jobs.training_lives import TRAINING, Begin, Light, accepted


async def test_going_on_from_a_snapshot_is_held_to_the_limits_of_a_new_training(
    light: Light, owner: Actor
) -> None:
    life = await light(30)
    await life.told()
    with pytest.raises(Refusal, match=r"train\.limits\.steps"):
        await life.jobs.take_up(TRAINING, owner, 10, "0.001", 20_000)
    assert (await life.now()).state is TrainingState.DONE


async def test_what_is_discarded_at_its_last_step_leaves_nothing_among_the_artifacts(
    begin: Begin, files: PictureFiles, origin: Origin
) -> None:
    life = begin()
    training = await accepted(life, files, origin)
    await life.furnace.reach(29)
    # At this moment the run is not yet told.
    await life.queue.discard(training, "Discarded.")
    await life.furnace.reach(30)
    await life.told()
    assert await life.artifacts.usable(origin.user_id, None) == []


@sqlite_only  # which calls a lost table an operational error
async def test_a_training_outlasts_records_that_cannot_be_reached_for_a_while(
    light: Light,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def rename(before: str, after: str) -> Callable[[Connection], None]:
        def change(connection: Connection) -> None:
            connection.exec_driver_sql(f"ALTER TABLE {before} RENAME TO {after}")

        return change

    monkeypatch.setattr(generation, "FIRST_RETRY", 0.05)
    life = await light(9)
    await database.change(rename("training_snapshots", "lost"))
    await life.furnace.reach(30)
    await database.change(rename("lost", "training_snapshots"))
    assert (await life.told()).state is TrainingState.DONE
    assert life.reply.sentences == []


async def test_whoever_discards_a_training_is_told_what_stays_of_it(
    light: Light, origin: Origin, owner: Actor
) -> None:
    life = await light(12)
    picked = await life.jobs.pick(TRAINING, owner, 10)
    said = await life.jobs.discard(TRAINING, owner)
    await life.told()
    assert life.reply.sentences == [said]
    assert said.startswith("Discarded. What you kept of it before stays yours")
    assert [it.id for it in await life.artifacts.usable(origin.user_id, None)] == [picked.id]


async def test_what_was_picked_is_not_given_up_for_what_the_training_comes_to_later(
    light: Light, origin: Origin, owner: Actor
) -> None:
    life = await light(12)
    picked = await life.jobs.pick(TRAINING, owner, 10)
    await life.furnace.reach(30)
    training = await life.told()
    assert [it.name for it in life.reply.results] == ["corgi-2"]
    latest, first = await life.artifacts.usable(origin.user_id, None)
    assert (first.id, first.name, latest.id) == (picked.id, "corgi", training.artifact_id)
    assert life.artifacts.path(first).read_bytes() == b"learned"
    assert life.artifacts.path(latest).read_bytes() == b"learned well"
    # Whoever picks another one means that instead.
    assert (await life.jobs.pick(TRAINING, owner, 20)).id == latest.id


async def test_what_is_discarded_at_its_last_step_takes_nothing_from_what_was_picked(
    begin: Begin, files: PictureFiles, origin: Origin, owner: Actor
) -> None:
    life = begin()
    training = await accepted(life, files, origin)
    await life.furnace.reach(29)
    picked = await life.jobs.pick(TRAINING, owner, 10)
    await life.queue.discard(training, "Discarded.")
    await life.furnace.reach(30)
    await life.told()
    [kept] = await life.artifacts.usable(origin.user_id, None)
    assert (kept.id, life.artifacts.path(kept).read_bytes()) == (picked.id, b"learned")


async def test_a_training_is_not_given_up_because_its_warning_reaches_nobody(
    begin: Begin, files: PictureFiles, origin: Origin
) -> None:
    life = begin()
    life.furnace.verdicts = {10: "blown"}
    await accepted(life, files, origin)
    await life.furnace.reach(5)
    life.reply.errors.append(Unreachable())
    await life.furnace.reach(30)
    assert (await life.told()).state is TrainingState.DONE


async def test_a_paused_training_goes_on_where_it_rests_at_another_rate(
    light: Light, owner: Actor
) -> None:
    life = await light(12)
    await life.rest(owner)
    with pytest.raises(Refusal, match=r"training\.no_such_snapshot"):
        await life.jobs.take_up(TRAINING, owner, 11, "0.001", 30)
    await life.jobs.take_up(TRAINING, owner, 12, "0.001", 30)
    await life.furnace.reach(30)
    await life.told()
    request = life.furnace.submitted[-1]
    assert (request.resume_from, request.learning_rate) == (12, "0.001")


async def test_what_the_model_drew_before_is_shown_until_there_is_more_to_see(
    light: Light, owner: Actor
) -> None:
    life = await light(3)
    await life.rest(owner)
    await life.jobs.go_on(TRAINING, owner)
    await life.furnace.reach(9)
    assert [it.samples for it in life.reply.shown[-3:]] == [(picture(0),)] * 3


async def test_what_is_kept_of_an_earlier_step_is_shown_by_pictures_of_that_time(
    begin: Begin, files: PictureFiles, origin: Origin, owner: Actor
) -> None:
    life = begin()
    life.furnace.goes_back_to = 25
    await accepted(life, files, origin)
    await life.furnace.reach(30)
    await life.told()
    [result] = life.reply.results
    assert (result.num_steps, result.after) == (25, [picture(20)])
    [kept] = await life.artifacts.usable(origin.user_id, None)
    assert await life.artifacts.preview(kept) == picture(20)
    for step, shown in ((10, 10), (30, 30)):
        picked = await life.jobs.pick(TRAINING, owner, step)
        assert await life.artifacts.preview(picked) == picture(shown)

    # What was drawn on another way is forgotten.
    life.furnace.goes_back_to = None
    await life.jobs.take_up(TRAINING, owner, 10, "0.001", 19)
    await life.furnace.reach(19)
    await life.told()
    assert life.reply.results[-1].after == [picture(10)]
    assert list((await life.now()).pictured["drawn"]) == ["10", "20", "30"]
    await life.jobs.take_up(TRAINING, owner, 10, "0.001", 20)
    await life.furnace.reach(20)
    await life.told()
    assert list((await life.now()).pictured["drawn"]) == ["10", "20"]


async def test_a_snapshot_is_what_was_learned_although_nobody_can_be_told(
    light: Light, owner: Actor
) -> None:
    life = await light(30)
    await life.told()
    for error in (ReplyDelayed("503"), Unreachable()):
        life.reply.errors.append(error)
        picked = await life.jobs.pick(TRAINING, owner, 20)
        assert (await life.now()).artifact_id == picked.id
    assert life.reply.picked == []
