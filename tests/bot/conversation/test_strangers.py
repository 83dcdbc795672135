"""Buttons under somebody else's pictures: what anybody may press, and what only some may."""

from collections.abc import AsyncIterator

import pytest
from discord import MessageFlags
from sqlalchemy import select

from bot.local_discord.person import Person
from bot.local_discord.wire import Json
from bot.records.models import Favourite, Job, JobState
from tests.bot.conversation.conftest import Town


@pytest.fixture
async def robin(town: Town) -> AsyncIterator[Person]:
    """A friend, with no rights of their own."""
    async with Person.at(town.config.discord.api_url, "robin") as robin:
        yield robin


@pytest.fixture
async def sage(town: Town) -> AsyncIterator[Person]:
    """Somebody who may manage messages."""
    async with Person.at(town.config.discord.api_url, "sage") as sage:
        yield sage


def is_for_one(message: Json) -> bool:
    return MessageFlags._from_value(message["flags"]).ephemeral


async def test_a_stranger_who_presses_cancel_is_refused_with_a_sentence(
    town: Town, robin: Person
) -> None:
    async with town.bot() as pipeline:
        sent = await town.you.slash("imagine", prompt="a", seed=7)
        await pipeline.begun.wait()
        shown = await town.you.answer(sent, until=lambda it: it["components"])
        await robin.press(shown, "Cancel")
        refusal = await robin.wait_for_message(lambda it: "Only the one" in it["content"])
        assert is_for_one(refusal)
        assert refusal["id"] not in [it["id"] for it in await town.you.messages()]
        pipeline.may_finish.set()
        await town.you.answer(sent, until=town.is_answer)


async def test_only_who_asked_or_manages_messages_deletes_pictures(
    town: Town, robin: Person, sage: Person
) -> None:
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        sent = await town.you.slash("imagine", prompt="a", seed=7)
        answer = await town.you.answer(sent, until=town.is_answer)
        said = await robin.answer(await robin.press(answer, "Delete"))
        assert "Only the one who asked" in said["content"]
        assert is_for_one(said)
        assert len(await town.answers()) == 1
        await sage.press(answer, "Delete")

        async def is_gone() -> bool:
            return await town.answers() == []

        assert await town.you.until(is_gone)


async def test_who_may_manage_messages_elsewhere_only_is_refused(
    town: Town, robin: Person, sage: Person
) -> None:
    channel = await robin.channel_id("studio")
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        sent = await sage.slash("imagine", prompt="a", seed=7, channel=channel)
        answer = await sage.answer(sent, until=lambda it: "Seed" in it["content"])
        said = await town.you.answer(await town.you.press(answer, "Delete"))
        assert "Only the one who asked" in said["content"]


async def test_anybody_may_make_something_of_anybodys_pictures_within_their_own_limits(
    town: Town, robin: Person
) -> None:
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        sent = await town.you.slash("imagine", prompt="a", seed=7)
        answer = await town.you.answer(sent, until=town.is_answer)
        pipeline.may_begin.clear()
        pipeline.may_finish.clear()
        for label in ("Again, new seed", "Vary strong"):
            sent = await robin.press(answer, label)
            await robin.answer(sent, until=lambda it: it["components"])
        sent = await robin.press(answer, "Vary subtle")
        said = await robin.answer(sent, until=lambda it: it["content"])
        assert "2 requests waiting already" in said["content"]
        await robin.press(answer, "Favourite")
        await robin.wait_for_message(lambda it: "Among your favourites" in it["content"])
    jobs = await town.ask(select(Job).order_by(Job.created_at))
    theirs = {job.user_id for job in jobs[1:]}
    assert (len(jobs), len(theirs)) == (3, 1)
    assert jobs[0].user_id not in theirs
    assert jobs[0].state is JobState.DELIVERED
    assert {it.user_id for it in await town.ask(select(Favourite))} == theirs
    assert {request.user for request in pipeline.requests[1:]} == {str(*theirs)}
