"""Trainings in the records: a state changes only from one that allows it."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from bot.records.database import Database
from bot.records.models import Training, TrainingState
from bot.records.people import People
from bot.records.trainings import TrainingChanges, Trainings
from tests.bot.records.past import ADA

ID = "abcdef0123456789abcdef01"
ACCEPTED, RUNNING, PAUSED, DONE, CANCELLED, FAILED = TrainingState

Change = Callable[[TrainingChanges], Awaitable[bool]]
CHANGES: dict[str, tuple[Change, set[TrainingState], TrainingState]] = {
    "begin": (lambda it: it.begin(ID, {}), {ACCEPTED, RUNNING}, RUNNING),
    "pause": (lambda it: it.pause(ID, 3), {ACCEPTED, RUNNING}, PAUSED),
    "go on": (lambda it: it.go_on(ID), {PAUSED}, ACCEPTED),
    "shorten": (lambda it: it.shorten(ID, {}), {ACCEPTED, RUNNING, PAUSED}, ACCEPTED),
    "keep": (lambda it: it.keep(ID, "artifact", 5, 0), {ACCEPTED, RUNNING, PAUSED}, DONE),
    "cancel": (lambda it: it.cancel(ID, "so"), {ACCEPTED, RUNNING, PAUSED, FAILED}, CANCELLED),
    "fail": (lambda it: it.fail(ID, "so", 0), {ACCEPTED, RUNNING, PAUSED}, FAILED),
}


async def add(database: Database, state: TrainingState, training_id: str = ID) -> Training:
    training = Training(
        id=training_id,
        state=state,
        request={},
        user_id=ADA,
        channel_id=1,
        thread_id=2,
        num_done=3,
        round=0,
        pictured={},
        created_at=datetime.now(UTC),
        pictures=[],
        snapshots=[],
    )
    async with database.writing() as session:
        await People(session).meet_user(ADA, "ada")
        await TrainingChanges(session).add(training)
    return training


async def found(database: Database) -> Training:
    async with database.reading() as session:
        training = await Trainings(session).find(ID)
        assert training
        return training


@pytest.mark.parametrize("before", TrainingState)
@pytest.mark.parametrize("name", CHANGES)
async def test_a_state_changes_only_from_one_that_allows_it(
    database: Database, name: str, before: TrainingState
) -> None:
    change, allowed, after = CHANGES[name]
    await add(database, before)
    async with database.writing() as session:
        assert await change(TrainingChanges(session)) == (before in allowed)
    assert (await found(database)).state is (after if before in allowed else before)


async def test_what_is_owed_is_all_but_what_is_paused_or_told(database: Database) -> None:
    ids = {state: f"{number:024x}" for number, state in enumerate(TrainingState)}
    for state, training_id in ids.items():
        await add(database, state, training_id)
    async with database.writing() as session:
        changes = TrainingChanges(session)
        await changes.answer(ids[DONE])
        await changes.put_back()
    async with database.reading() as session:
        owed = await Trainings(session).owed()
        mine = await Trainings(session).of_user(ADA)
    assert set(owed) == {ids[it] for it in (ACCEPTED, RUNNING, CANCELLED, FAILED)}
    assert {it.id for it in mine} == {ids[it] for it in TrainingState if it is not CANCELLED}


async def test_of_all_snapshots_one_is_the_best_and_later_ones_are_void_after_going_back(
    database: Database,
) -> None:
    training = await add(database, RUNNING)
    async with database.writing() as session:
        changes = TrainingChanges(session)
        for step, is_best in ((10, True), (20, True), (30, False)):
            await changes.add_snapshot(ID, step, f"/runs/{step}")
            await changes.judge(ID, step, "good", is_best)
    assert [it.is_best for it in (await found(database)).snapshots] == [False, True, False]
    async with database.writing() as session:
        assert await TrainingChanges(session).take_up(training, {"a": 1}, 20)
    taken_up = await found(database)
    assert [it.num_steps for it in taken_up.snapshots] == [10, 20]
    assert (taken_up.round, taken_up.num_done, taken_up.state) == (1, 20, ACCEPTED)


async def test_a_training_is_found_by_its_thread_before_that_is_open_too(
    database: Database,
) -> None:
    await add(database, RUNNING)
    async with database.writing() as session:
        found = await Trainings(session).in_thread(2, None)
        assert found
        assert found.id == ID
        assert await Trainings(session).in_thread(1, None) is None
        assert await Trainings(session).in_thread(2, 8) is None, "it was asked for elsewhere"
        await TrainingChanges(session).place(ID, None, 9, is_direct=False)
        await session.execute(update(Training).values(preview_id=4))
    async with database.reading() as session:
        assert await Trainings(session).in_thread(4, None)
        assert await Trainings(session).in_thread(2, None) is None
