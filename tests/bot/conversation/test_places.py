"""Where answers go when their placeholder no longer takes them, and that they go there once."""

import asyncio
from datetime import timedelta

import pytest

from bot.jobs.queue import Queue
from bot.local_discord import permissions
from bot.local_discord.newcomer import BOT_PERMISSIONS, CHANNEL_ID, GUILD_ID, YOU_ID
from bot.records.models import JobState
from bot.replies import earlier
from tests.bot.conversation.conftest import Town


async def test_a_restart_goes_on_and_edits_the_same_placeholder(town: Town) -> None:
    async with town.bot() as pipeline:
        sent = await town.you.slash("imagine", prompt="a", seed=7)
        await pipeline.begun.wait()
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        await town.you.answer(sent, until=town.is_answer)
    assert len(await town.answers()) == 1


async def test_after_fifteen_minutes_the_pictures_are_posted_in_the_channel(town: Town) -> None:
    async with town.bot() as pipeline:
        sent = await town.you.slash("imagine", prompt="a", seed=7)
        placeholder = await town.you.answer(sent, until=lambda it: it["components"])
        await town.director.advance(16 * 60)
        pipeline.may_finish.set()
        answer = await town.you.wait_for_message(town.is_answer)
        assert answer["id"] != placeholder["id"]
        assert answer["content"].startswith(f"<@{YOU_ID}>")
        assert [it["id"] for it in answer["mentions"]] == [YOU_ID]
        assert answer["nonce"] == (await town.job()).id

        async def is_settled() -> bool:
            moved = await town.you.reread(placeholder)
            link = f"/channels/{GUILD_ID}/{CHANNEL_ID}/{answer['id']}"
            return link in moved["content"] and not moved["components"]

        assert await town.you.until(is_settled)


async def test_pictures_whose_placeholder_was_deleted_are_posted_in_the_channel(
    town: Town,
) -> None:
    async with town.bot() as pipeline:
        sent = await town.you.slash("imagine", prompt="a", seed=7)
        placeholder = await town.you.answer(sent, until=lambda it: it["components"])
        await town.director.delete_message(placeholder)
        pipeline.may_finish.set()
        await town.you.wait_for_message(town.is_answer)
        await town.becomes(JobState.DELIVERED)


async def test_pictures_that_may_not_be_posted_in_the_channel_come_by_direct_message(
    town: Town,
) -> None:
    async with town.bot() as pipeline:
        sent = await town.you.slash("imagine", prompt="a", seed=7)
        await pipeline.begun.wait()
        await town.director.revoke(sent)
        await town.director.set_bot_permissions(GUILD_ID, permissions.VIEW_CHANNEL)
        await town.director.overwrite(CHANNEL_ID, GUILD_ID, deny=permissions.SEND_MESSAGES)
        pipeline.may_finish.set()
        channel = await town.you.open_dm()
        answer = await town.you.wait_for_message(town.is_answer, channel=channel)
        await town.director.set_bot_permissions(GUILD_ID, BOT_PERMISSIONS)
        await town.director.overwrite(CHANNEL_ID, GUILD_ID)
        assert await town.answers() == []
        assert await town.you.read(answer["attachments"][0]) == b"a 7"


async def crash_after_posting(town: Town, minutes: int) -> list[str]:
    """A life of the bot that ends between posting its pictures, so late, and noting that.

    Returns the ids of the messages that have them.
    """
    crashed = asyncio.Event()

    async def crash(*_: object) -> None:
        crashed.set()
        raise ZeroDivisionError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Queue, "deliver", crash)
        async with town.bot() as pipeline:
            sent = await town.you.slash("imagine", prompt="a", seed=7)
            await town.you.answer(sent, until=lambda it: it["components"])
            await town.director.advance(minutes * 60)
            pipeline.may_finish.set()
            async with asyncio.timeout(10):
                await crashed.wait()
    assert (await town.job()).state is JobState.MADE
    return [answer["id"] for answer in await town.answers()]


CRASHES = {
    "edited, back at once": (0, 0),
    "edited, back when the token is dead": (0, 16),
    "posted, back while the nonce is known": (16, 0),
    "posted, back long after": (16, 60),
}


@pytest.mark.parametrize(("before", "after"), CRASHES.values(), ids=CRASHES.keys())
async def test_pictures_posted_just_before_a_crash_are_not_posted_again(
    town: Town, before: int, after: int
) -> None:
    posted = await crash_after_posting(town, before)
    await town.director.advance(after * 60)
    async with town.bot() as pipeline:
        await town.becomes(JobState.DELIVERED)
        assert pipeline.submitted == []
    assert len(posted) == 1
    assert [answer["id"] for answer in await town.answers()] == posted


async def test_a_placeholder_that_was_answered_is_found_however_old_it_is(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    posted = await crash_after_posting(town, 0)
    await town.director.advance(16 * 60)
    # The search through the channel begins after it, as if the pictures had taken long.
    monkeypatch.setattr(earlier, "CLOCK_SKEW", timedelta(days=-30))
    async with town.bot():
        await town.becomes(JobState.DELIVERED)
    assert len(posted) == 1
    assert [answer["id"] for answer in await town.answers()] == posted


async def test_discord_away_for_a_moment_delays_pictures_but_loses_none(town: Town) -> None:
    async with town.bot() as pipeline:
        sent = await town.you.slash("imagine", prompt="a", seed=7)
        await town.you.answer(sent, until=lambda it: it["components"])
        await town.director.fail(502, "/webhooks/")
        await town.director.rate_limit("/webhooks/", times=2)
        pipeline.may_finish.set()
        await town.you.answer(sent, until=town.is_answer)
    assert len(await town.answers()) == 1
