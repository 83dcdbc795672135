"""Units of work: whole or not at all, and durable on SQLite."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from bot.errors import StartError
from bot.records import database as database_module
from bot.records.database import Database, open_database, uninterrupted
from bot.records.models import User
from bot.records.people import People
from migrations import upgrade
from tests.bot.conftest import sqlite_only


async def test_a_unit_of_work_that_fails_leaves_nothing(database: Database) -> None:
    async def fail_halfway() -> None:
        async with database.writing() as session:
            await People(session).meet_user(1, "ada")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_halfway()
    async with database.reading() as session:
        assert await session.get(User, 1) is None


async def test_units_of_work_that_read_and_then_write_take_turns(database: Database) -> None:
    async def count(number: int) -> None:
        async with database.writing() as session:
            user = await session.get(User, 1, with_for_update=True)
            assert user
            await asyncio.sleep(0)
            user.name = str(int(user.name) + number)

    async with database.writing() as session:
        await People(session).meet_user(1, "0")
    await asyncio.gather(*(count(1) for _ in range(20)))
    async with database.reading() as reading:
        assert (await reading.get_one(User, 1)).name == "20"


@sqlite_only
async def test_of_a_crowd_of_writers_nobody_is_turned_away_and_all_come_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "BUSY_TIMEOUT", 20)
    order: list[int] = []

    async def write(database: Database, number: int) -> None:
        async with database.writing() as session:
            await People(session).meet_user(number, "somebody")
            await asyncio.sleep(0.01)
            order.append(number)

    async with open_database("sqlite:///athanor.db", tmp_path, upgrade) as database:
        await asyncio.gather(*(write(database, number) for number in range(40)))
    assert order == list(range(40))


async def test_a_unit_of_work_whose_caller_is_cancelled_ends_whole(database: Database) -> None:
    begun = asyncio.Event()

    @uninterrupted
    async def meet() -> None:
        async with database.writing() as session:
            await People(session).meet_user(1, "ada")
            begun.set()
            await asyncio.sleep(0.05)

    task = asyncio.create_task(meet())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(1), database.writing() as session:
        assert await session.get(User, 1)


@sqlite_only
async def test_sqlite_is_told_to_keep_what_it_commits(database: Database) -> None:
    async with database.reading() as session:
        pragmas = {
            name: await session.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


async def test_what_belongs_to_nobody_is_refused(database: Database) -> None:
    with pytest.raises(IntegrityError):
        async with database.writing() as session:
            await session.execute(
                text(
                    "INSERT INTO generated_images "
                    '(job_id, "index", seed, settings, infotext, file_hash, created_at) '
                    "VALUES ('none', 0, 0, '{}', '', '', '2026-01-01')"
                )
            )


async def test_names_keep_up_with_their_owners(database: Database) -> None:
    for name in ("ada", "Ada Lovelace" * 20):
        async with database.writing() as session:
            await People(session).meet_user(1, name)
    async with database.reading() as session:
        user = await session.get_one(User, 1)
    assert user.name == ("Ada Lovelace" * 20)[:100]
    assert user.created_at.tzinfo is not None


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("no address", "is no address"),
        ("mysql://root@localhost/athanor", "is no address"),
        ("sqlite:////proc/no/such/folder/athanor.db", "cannot be made"),
        ("sqlite:////proc/athanor.db", "cannot be used"),
        ("postgresql://athanor:secret@127.0.0.1:1/athanor", "cannot be used"),
    ],
)
async def test_a_database_that_cannot_be_used_is_one_sentence(
    address: str, named: str, tmp_path: Path
) -> None:
    with pytest.raises(StartError, match=named) as caught:
        async with open_database(address, tmp_path, upgrade):
            pass
    assert "\n" not in caught.value.message
    assert "secret" not in caught.value.message
    await asyncio.sleep(0.1)  # for aiosqlite's thread to end before the loop that it speaks to
