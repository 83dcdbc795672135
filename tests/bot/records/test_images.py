"""Who finds which pictures."""

import pytest

from bot.records.database import Database
from bot.records.favourites import FavouriteChanges
from bot.records.images import Images, Wanted
from bot.records.jobs import JobChanges
from tests.bot.records.past import ADA, BEN, WORKSHOP, add


async def seeds(database: Database, wanted: Wanted) -> list[int]:
    async with database.reading() as session:
        found = [image.seed for image in await Images(session).some(wanted, 0, 100)]
        assert await Images(session).count(wanted) == len(found)
    return found


async def test_everybody_finds_their_own_newest_first(database: Database) -> None:
    for number, user_id in ((1, ADA), (2, BEN), (3, ADA)):
        await add(database, number, user_id)
    assert await seeds(database, Wanted(user_id=ADA)) == [3, 1]
    assert await seeds(database, Wanted(user_id=BEN)) == [2]
    assert await seeds(database, Wanted(user_id=9)) == []


async def test_favourites_are_found_whoever_asked_for_them(database: Database) -> None:
    await add(database, 1, ADA)
    bens = await add(database, 2, BEN)
    async with database.writing() as session:
        await FavouriteChanges(session).toggle(ADA, bens, 0)
    assert await seeds(database, Wanted(user_id=ADA, favourites=True)) == [2]
    assert await seeds(database, Wanted(user_id=BEN, favourites=True)) == []


async def test_what_was_deleted_is_not_found(database: Database) -> None:
    job_id = await add(database, 1)
    async with database.writing() as session:
        await JobChanges(session).take_down(job_id, 5)
    assert await seeds(database, Wanted(user_id=ADA)) == []
    async with database.reading() as session:
        assert await Images(session).shown(job_id, ADA, WORKSHOP) is None


@pytest.mark.parametrize(
    ("user_id", "guild_id", "is_found"),
    [(ADA, None, True), (ADA, 8, True), (BEN, WORKSHOP, True), (BEN, 8, False), (BEN, None, False)],
)
async def test_a_picture_is_shown_to_its_owner_and_in_its_own_server(
    database: Database, user_id: int, guild_id: int | None, is_found: bool
) -> None:
    job_id = await add(database, 0xABCDEF)
    async with database.reading() as session:
        found = await Images(session).shown(job_id[:8], user_id, guild_id)
    assert (found is not None) is is_found


async def test_what_was_made_in_direct_messages_is_its_owners_alone(database: Database) -> None:
    job_id = await add(database, 1, ADA, guild_id=None)
    async with database.reading() as session:
        assert await Images(session).shown(job_id, BEN, None) is None
        assert await Images(session).shown(job_id, ADA, WORKSHOP)
