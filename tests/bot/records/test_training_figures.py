"""What is counted of trainings, and how long their steps took."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from bot.records.database import Database
from bot.records.models import Training, TrainingState
from bot.records.people import People
from bot.records.training_figures import NUM_MEASURED, TrainingFigures
from tests.bot.records.past import learned

YOU, ROBIN = 1, 2
NOW = datetime.now(UTC)
Add = Callable[..., Awaitable[str]]


@pytest.fixture
async def add(database: Database) -> Add:
    """Writes a training of somebody's down; returns its id."""
    numbers = count()

    async def add(
        state: TrainingState, user_id: int = YOU, name: str = "zuk", **values: Any
    ) -> str:
        number = next(numbers)
        request = {"name": name, "model": "sd", "method": {"kind": "lora"}}
        training = Training(
            id=f"{number:024x}",
            state=state,
            user_id=user_id,
            channel_id=1,
            round=0,
            pictured={},
            created_at=NOW,
            **{"num_done": 0, "request": request, **values},
        )
        async with database.writing() as session:
            await People(session).meet_user(user_id, "somebody")
            session.add(training)
        return f"{number:024x}"

    return add


async def test_what_waits_or_is_paused_is_counted_apart_from_what_goes_on_and_what_is_over(
    database: Database, add: Add
) -> None:
    for state in TrainingState:
        await add(state)
    await add(TrainingState.ACCEPTED, user_id=ROBIN)
    async with database.reading() as session:
        figures = TrainingFigures(session)
        assert await figures.num_waiting(YOU) == 2
        assert await figures.num_before() == 3
        assert await figures.is_known(f"{0:024x}")
        assert not await figures.is_known(f"{99:024x}")


async def test_names_are_taken_by_what_is_not_over(database: Database, add: Add) -> None:
    for state in TrainingState:
        await add(state, name=state.value)
    own = await add(TrainingState.ACCEPTED, name="own")
    await add(TrainingState.ACCEPTED, user_id=ROBIN, name="robin's")
    async with database.reading() as session:
        names = await TrainingFigures(session).names_of(YOU, but_for=own)
        assert set(names) == {"accepted", "running", "paused"}


async def test_what_the_same_settings_came_to_last_is_remembered(
    database: Database, add: Add
) -> None:
    for number, (rank, num_bytes) in enumerate([(8, 10), (8, 20), (64, 160), (8, 30)]):
        artifact = learned(YOU, f"zuk-{number}", number)
        artifact.num_bytes = num_bytes
        model = "sd" if number < 3 else "another"
        method = {"kind": "lora", "rank": rank}
        await add(
            TrainingState.DONE,
            request={"name": "zuk", "model": model, "method": method},
            artifact_id=artifact.id,
            ended_at=NOW + timedelta(hours=number),
        )
        async with database.writing() as session:
            session.add(artifact)
    async with database.reading() as session:
        figures = TrainingFigures(session)
        assert await figures.num_bytes_of_last({"kind": "lora", "rank": 8}, "sd") == 20
        assert await figures.num_bytes_of_last({"kind": "lora", "rank": 64}, "sd") == 160
        assert await figures.num_bytes_of_last({"kind": "lora", "rank": 16}, "sd") is None
        assert await figures.num_bytes_of_last({"kind": "hypernetwork"}, "sd") is None


async def test_a_step_takes_as_long_as_in_the_best_of_the_latest_trainings_of_its_kind(
    database: Database, add: Add
) -> None:
    async def done(seconds: float, ago: int, **values: Any) -> None:
        ended = NOW - timedelta(hours=ago)
        started = ended - timedelta(seconds=seconds)
        span = {"started_at": started, "ended_at": ended, "num_done": 100}
        await add(TrainingState.DONE, **span | values)

    await done(10, ago=NUM_MEASURED + 1)  # long ago
    for hours in range(NUM_MEASURED):
        await done(50 if hours == 1 else 5000, ago=hours)  # paused, most of them
    await done(1, ago=0, request={"model": "xl", "method": {"kind": "lora"}})
    await done(1, ago=0, request={"model": "sd", "method": {"kind": "dreambooth"}})
    await done(1, ago=0, num_done=0)
    async with database.reading() as session:
        figures = TrainingFigures(session)
        assert await figures.seconds_per_step("lora", "sd") == pytest.approx(0.5)
        assert await figures.seconds_per_step("hypernetwork", "sd") is None
