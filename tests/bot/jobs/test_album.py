"""What is remembered about pictures that are made: whose favourites, from what, and once only."""

import asyncio
from dataclasses import replace

import pytest

from bot.jobs.album import Album
from bot.jobs.queue import AlreadyAsked, Queue
from bot.records.database import Database
from bot.records.derivations import Descent
from bot.records.favourites import Favourites
from bot.records.files import PictureFiles
from bot.records.models import Job, JobState, User
from bot.records.origin import Origin
from pipeline import GenerationRequest
from tests.bot.jobs.conftest import JOB, REQUEST, Start, stored

UPSCALE = Descent(parent_id=JOB, parent_index=0, action="upscale", sole_key=f"upscale:{JOB}:0")


@pytest.fixture
def album(database: Database, files: PictureFiles) -> Album:
    return Album(database, files)


async def made(start: Start, origin: Origin) -> Job:
    """A job whose pictures are delivered."""
    process = start()
    await process.jobs.accept(REQUEST, origin)
    await process.finish()
    job = await process.jobs.find(JOB)
    assert job
    return job


def request(number: int) -> GenerationRequest:
    return GenerationRequest(id=f"{number}" * 24, prompt="a", seeds=(1,))


async def test_a_favourite_is_one_users_own_and_comes_and_goes(
    start: Start, origin: Origin, album: Album, database: Database
) -> None:
    image = (await made(start, origin)).images[1]
    assert await album.toggle_favourite(image, 5, "ada")
    async with database.reading() as session:
        assert await Favourites(session).holds(5, JOB, 1)
        assert not await Favourites(session).holds(5, JOB, 0)
        assert not await Favourites(session).holds(origin.user_id, JOB, 1)
        assert (await session.get_one(User, 5)).name == "ada"
    assert not await album.toggle_favourite(image, 5, "ada")
    async with database.reading() as session:
        assert not await Favourites(session).holds(5, JOB, 1)


async def test_what_is_made_only_once_is_accepted_only_once_even_at_the_same_moment(
    start: Start, queue: Queue, origin: Origin, album: Album
) -> None:
    await made(start, origin)
    asked = [
        queue.accept(request(user), replace(origin, user_id=user), UPSCALE) for user in range(1, 6)
    ]
    results = await asyncio.gather(*asked, return_exceptions=True)
    [accepted] = [result for result in results if isinstance(result, Job)]
    assert sum(isinstance(result, AlreadyAsked) for result in results) == 4
    sole = await album.sole(f"upscale:{JOB}:0")
    assert sole
    assert sole.id == accepted.id
    assert sole.images == []


async def test_what_ended_without_pictures_may_be_asked_for_again(
    start: Start, queue: Queue, origin: Origin, album: Album
) -> None:
    await made(start, origin)
    first = await queue.accept(request(1), origin, UPSCALE)
    await queue.cancel(first, origin.user_id, "Cancelled.")
    second = await queue.accept(request(2), origin, UPSCALE)
    await queue.fail(second, "It could not be made.")
    third = await queue.accept(request(3), origin, UPSCALE)
    sole = await album.sole(f"upscale:{JOB}:0")
    assert sole
    assert sole.id == third.id
    found = await queue.find(first.id)
    assert found
    assert found.derivation
    assert (found.derivation.parent_id, found.derivation.parent_index) == (JOB, 0)
    assert found.derivation.sole_key is None


async def test_deleted_pictures_stand_nowhere_and_are_not_posted_again(
    start: Start, queue: Queue, origin: Origin, album: Album, database: Database
) -> None:
    job = await made(start, origin)
    assert job.images[0].message_id == 2
    await album.take_down(job, 3)  # where somebody had it shown again
    shown = await queue.find(JOB)
    assert shown
    assert shown.images[0].message_id == 2
    await album.take_down(job, 2)
    [first, second] = [(await queue.find(JOB)), await stored(database)]
    assert first
    assert {image.message_id for image in first.images} == {None}
    assert second.state is JobState.DELIVERED
    assert await album.load(first.images[1]) == b"a red circle 8"
