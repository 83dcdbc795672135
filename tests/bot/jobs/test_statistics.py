"""What the bot says of itself is what its records hold."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from bot.jobs.statistics import Statistics
from bot.records.database import Database
from bot.records.favourites import FavouriteChanges
from tests.bot.conftest import PromptPipeline, sqlite_only
from tests.bot.records.past import ADA, BEN, add


async def test_everything_is_counted_for_all_and_for_whoever_asks(database: Database) -> None:
    now = datetime.now(UTC)
    for number, user_id, model, wait in (
        (1, ADA, "demo", 10),
        (2, ADA, "large", 20),
        (3, BEN, "large", 60),
    ):
        started: dict[str, Any] = {"created_at": now, "started_at": now + timedelta(seconds=wait)}
        await add(database, number, user_id, request={"model": model}, **started)
    long_ago = now - timedelta(days=30)
    old = await add(database, 4, BEN, request={"model": "old"}, created_at=long_ago, started_at=now)
    async with database.writing() as session:
        await FavouriteChanges(session).toggle(ADA, old, 0)

    pipeline = PromptPipeline()
    pipeline.submitted = ["one", "two"]
    numbers = await Statistics(database, pipeline).of(ADA)
    assert (numbers.num_pictures, numbers.num_users, numbers.num_guilds) == (4, 2, 1)
    assert numbers.busiest_models == [("large", 2), ("demo", 1)]
    assert numbers.average_wait == pytest.approx(30, abs=1)
    assert (numbers.num_running, numbers.num_waiting) == (2, 0)
    assert (numbers.num_own_requests, numbers.num_own_pictures) == (2, 2)
    assert numbers.num_own_favourites == 1
    assert datetime.now(UTC) - numbers.since < timedelta(minutes=1)


async def test_nothing_is_counted_where_there_is_nothing(database: Database) -> None:
    numbers = await Statistics(database, PromptPipeline()).of(ADA)
    assert numbers.num_pictures == numbers.num_own_requests == 0
    assert numbers.busiest_models == []
    assert numbers.average_wait is None


@sqlite_only  # whose plan is read here
async def test_no_number_about_jobs_needs_a_walk_through_all_of_them(database: Database) -> None:
    plans: list[str] = []

    def explain(connection: Connection) -> None:
        for condition in (
            "created_at > '2026-01-01'",
            "user_id = 1",
            "user_id = 1 AND created_at > '2026-01-01' ORDER BY created_at DESC",
        ):
            rows = connection.execute(
                text(f"EXPLAIN QUERY PLAN SELECT * FROM jobs WHERE {condition}")
            )
            plans.extend(row[3] for row in rows)

    await database.change(explain)
    assert all(plan.startswith("SEARCH jobs USING INDEX") for plan in plans), plans
