"""How much one user may ask for, whoever they are and however often the bot starts."""

import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from bot.config import LimitsConfig, RoleLimits
from bot.errors import Refusal, sentence
from bot.jobs.limits import allowance, check_work, work_of
from bot.jobs.queue import Queue
from bot.locales import Texts
from bot.records.artifact_files import ArtifactFiles
from bot.records.database import Database
from bot.records.models import Job, JobState
from bot.records.origin import Origin
from pipeline import GenerationRequest

LIMITS = LimitsConfig(
    max_waiting=2,
    max_per_hour=3,
    max_work=20.0,
    roles={
        "Supporter": RoleLimits(max_waiting=5, max_work=100.0),
        "77": RoleLimits(max_waiting=9, max_per_hour=0),
        "New": RoleLimits(max_waiting=1),
    },
)


def ask(number: int = 0, **values: Any) -> GenerationRequest:
    return GenerationRequest(id=f"{number:024x}", prompt="a", **{"seeds": (1,)} | values)


@pytest.mark.parametrize(
    ("roles", "max_waiting", "max_per_hour", "max_work"),  # nobody has a `max_running` of their own
    [
        (set(), 2, 3, 20),
        ({"Somebody", "12"}, 2, 3, 20),
        ({"Supporter"}, 5, 3, 100),
        ({"Supporter", "77"}, 9, float("inf"), 100),
        ({"New"}, 1, 3, 20),
        ({"New", "Supporter"}, 5, 3, 100),
    ],
)
def test_the_most_generous_role_that_says_something_holds(
    roles: set[str], max_waiting: float, max_per_hour: float, max_work: float
) -> None:
    allowed = allowance(LIMITS, roles)
    assert (allowed.max_waiting, allowed.max_per_hour) == (max_waiting, max_per_hour)
    assert allowed.max_work == max_work


@pytest.mark.parametrize(
    ("values", "max_work"),
    [
        ({"num_steps": 100}, 20.0),
        ({"seeds": (1, 2, 3, 4)}, 12.0),
        ({"width": 2048, "height": 1024, "num_steps": 2, "seeds": (1, 2, 3)}, 1.5),
        ({"hires_scale": 2.0, "num_steps": 20, "seeds": (1, 2)}, 25.0),
        ({"hires_scale": 1.7, "hires_steps": 3, "num_steps": 20}, 5.2),
    ],
)
def test_a_refusal_for_too_much_work_names_the_limit_and_only_what_fits(
    values: dict[str, Any], max_work: float, texts: Texts
) -> None:
    request = ask(**values)
    check_work(request, work_of(request))
    with pytest.raises(Refusal) as refused:
        check_work(request, max_work)
    said = sentence(refused.value, texts, "")
    assert f"may ask for {max_work:g} at once" in said
    smaller: list[dict[str, Any]] = []
    if count := re.search(r"(\d+) pictures? would fit", said):
        smaller.append({"seeds": tuple(range(int(count[1])))})
    if num_steps := re.search(r"(\d+) steps?", said):
        smaller.append({"num_steps": int(num_steps[1])})
    size = re.search(r"(\d+)x(\d+)", said)
    assert size
    smaller.append({"width": int(size[1]), "height": int(size[2])})
    for change in smaller:
        check_work(ask(**values | change), max_work)


@pytest.fixture
def queue(database: Database, learned: ArtifactFiles) -> Queue:
    return Queue(database, LIMITS, learned)


async def end(database: Database, state: JobState, age: timedelta = timedelta()) -> None:
    """Let all jobs come to an end, and have been asked for that long ago."""
    async with database.writing() as session:
        await session.execute(update(Job).values(state=state, created_at=datetime.now(UTC) - age))


async def test_only_so_many_are_accepted_within_an_hour_even_by_another_process(
    queue: Queue, database: Database, learned: ArtifactFiles, origin: Origin
) -> None:
    for number in range(3):
        await queue.accept(ask(number), origin)
        await end(database, JobState.DELIVERED, timedelta(minutes=50))
    restarted = Queue(database, LIMITS, learned)
    with pytest.raises(Refusal) as refused:
        await restarted.accept(ask(3), origin)
    assert refused.value.key == "limits.too_many_per_hour"
    free_in = refused.value.values["free_at"] - datetime.now(UTC).timestamp()  # type: ignore[operator]
    assert 9 * 60 < free_in < 11 * 60

    await restarted.accept(ask(4), replace(origin, user_id=5))
    await restarted.accept(ask(5), replace(origin, roles=frozenset({"77"})))
    await end(database, JobState.DELIVERED, timedelta(minutes=61))
    await restarted.accept(ask(6), origin)


async def test_what_failed_does_not_count_within_the_hour(
    queue: Queue, database: Database, origin: Origin
) -> None:
    for number in range(5):
        await queue.accept(ask(number), origin)
        await end(database, JobState.FAILED)


async def test_nobody_gets_past_a_limit_by_asking_all_at_once(
    queue: Queue, database: Database, origin: Origin
) -> None:
    supporter = replace(origin, roles=frozenset({"77"}))
    results = await asyncio.gather(
        *(queue.accept(ask(number), supporter) for number in range(12)), return_exceptions=True
    )
    assert sum(isinstance(result, Job) for result in results) == 9
    assert sum(isinstance(result, Refusal) for result in results) == 3


async def test_what_is_being_made_no_longer_counts_as_waiting_and_carries_its_own_limit(
    database: Database, learned: ArtifactFiles, origin: Origin
) -> None:
    queue = Queue(database, LimitsConfig(max_waiting=1, max_running=2), learned)
    for number in range(3):
        job = await queue.accept(ask(number), origin)
        assert job.request["max_running"] == 2
        with pytest.raises(Refusal) as refused:
            await queue.check(ask(9), origin.user_id, ())
        assert refused.value.key == "limits.too_many_waiting"
        await queue.begin(job)
        await queue.check(ask(9), origin.user_id, ())


async def test_too_much_work_is_not_written_down(queue: Queue, origin: Origin) -> None:
    with pytest.raises(Refusal):
        await queue.accept(ask(num_steps=150), origin)
    assert await queue.find(ask().id) is None
