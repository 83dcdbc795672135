"""Pictures that are too large for one message together: several messages, each of them once."""

import asyncio
from typing import Any

import pytest

from bot.jobs.queue import Queue
from bot.local_discord import permissions
from bot.local_discord.newcomer import BOT_PERMISSIONS, CHANNEL_ID, GUILD_ID
from bot.local_discord.person import Sent, components_of
from bot.local_discord.wire import Json
from bot.records.models import Job, JobState
from bot.replies.places import Places
from tests.bot.conftest import PromptPipeline
from tests.bot.conversation.conftest import Town
from tests.bot.conversation.test_sizes import noise

SIZE = 20_000  # bytes of one picture


@pytest.fixture(autouse=True)
async def narrow_messages(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two pictures fit into a message, and a third does not."""
    await town.director.scale_rate_limits(0)  # what they are kept for is tried elsewhere
    monkeypatch.setattr("bot.replies.fitting.MAX_BODY", 2 * SIZE + 1000)


def draw(_: Any, seed: int) -> bytes:
    return f"picture {seed}".ljust(SIZE).encode()


@pytest.fixture(autouse=True)
def large_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PromptPipeline, "draw", staticmethod(draw))


def files(message: Json) -> list[str]:
    return [it["filename"] for it in message["attachments"]]


async def posted(town: Town, channel: str = "imagine") -> list[list[str]]:
    """The pictures of every message of this test that has some, in their order."""
    found = [it for it in await town.you.messages(channel) if int(it["id"]) > town.arrived_at]
    return [names for it in found if (names := files(it)) and names != ["preview.webp"]]


def labels(message: Json) -> list[str]:
    return [it["label"] for it in components_of(message["components"]) if it["type"] == 2]


async def ask(town: Town, count: int = 4) -> Sent:
    return await town.you.slash("imagine", prompt="a", seed=1, count=count)


async def test_large_pictures_come_unchanged_in_several_messages_with_their_buttons(
    town: Town,
) -> None:
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        first = await town.you.answer(await ask(town, 3), until=lambda it: "Seed" in it["content"])
        job = await town.becomes(JobState.DELIVERED)
        assert await posted(town) == [["1.png", "2.png"], ["3.png"]]
        [second] = [it for it in await town.you.messages() if files(it) == ["3.png"]]
        assert await town.you.read(second["attachments"][0]) == draw(None, 3)
        assert "3 of 3" in second["content"]
        assert {"Upscale 1", "Vary 2 strong", "Again, new seed"} <= set(labels(first))
        assert "Upscale 3" not in labels(first)
        assert {"Upscale 3", "Favourite 3", "Delete"} <= set(labels(second))
        assert "Edit" not in labels(second)
        placed = [str(it.message_id) for it in await town.images(job)]
        assert placed == [first["id"], first["id"], second["id"]]

        [choice] = await town.you.suggestions("show", "id", "")
        await town.you.slash("show", id=choice["value"])
        assert await town.you.until(lambda: has(town, 2 * [["1.png", "2.png"], ["3.png"]]))
        await town.you.press(second, "Delete")
        assert await town.you.until(
            lambda: has(town, [["1.png", "2.png"], ["1.png", "2.png"], ["3.png"]])
        )
        await town.you.until(lambda: is_taken_down(town, job))
        # What was deleted is not shown again.
        await town.you.slash("show", id=choice["value"])
        shown = [["1.png", "2.png"], ["1.png", "2.png"], ["3.png"], ["1.png", "2.png"]]
        assert await town.you.until(lambda: has(town, shown))


async def has(town: Town, expected: list[list[str]]) -> bool:
    return await posted(town) == expected


async def is_taken_down(town: Town, job: Job) -> bool:
    return [it.message_id is None for it in await town.images(job)] == [False, False, True]


# What is under way when the process ends, how often that was done before, and minutes: from the
# request to the pictures, and from there to the next start. A token lives for 15.
KILLS = {
    "before the first, back at once": (Places, "_post", 0, 0, 0),
    "between those beside it, back at once": (Places, "_post", 1, 0, 0),
    "between those beside it, back later": (Places, "_post", 1, 0, 60),
    "before the placeholder, back at once": (Places, "_fill_placeholder", 0, 0, 0),
    "before the placeholder, back later": (Places, "_fill_placeholder", 0, 0, 60),
    "after a dead token, between them": (Places, "_post", 1, 16, 60),
    "before it is noted, back at once": (Queue, "deliver", 0, 0, 0),
    "before it is noted, back later": (Queue, "deliver", 0, 0, 60),
    "after a dead token, before it is noted": (Queue, "deliver", 0, 16, 60),
}


@pytest.mark.parametrize(
    ("owner", "name", "num_before", "minutes", "pause"), KILLS.values(), ids=KILLS.keys()
)
async def test_a_kill_between_messages_loses_none_and_doubles_none(
    town: Town,
    monkeypatch: pytest.MonkeyPatch,
    owner: type,
    name: str,
    num_before: int,
    minutes: int,
    pause: int,
) -> None:
    monkeypatch.setattr("bot.replies.fitting.MAX_BODY", SIZE + 1000)
    killed = asyncio.Event()
    with pytest.MonkeyPatch.context() as patch:
        whole, calls = getattr(owner, name), iter(range(9))

        async def die(*values: Any, **named: Any) -> Any:
            if next(calls) < num_before:
                return await whole(*values, **named)
            killed.set()
            return await asyncio.Event().wait()

        patch.setattr(owner, name, die)
        async with town.bot() as pipeline:
            sent = await ask(town, 3)
            await town.you.answer(sent, until=lambda it: it["components"])
            await town.director.advance(minutes * 60)
            pipeline.may_finish.set()
            async with asyncio.timeout(10):
                await killed.wait()
    assert (await town.job()).state is JobState.MADE
    await town.director.advance(pause * 60)
    async with town.bot() as pipeline:
        job = await town.becomes(JobState.DELIVERED)
        assert pipeline.submitted == []
    assert sorted(await posted(town)) == [["1.png"], ["2.png"], ["3.png"]]
    assert None not in [it.message_id for it in await town.images(job)]


async def test_where_nothing_may_be_posted_beside_it_all_come_smaller_in_one_message(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.replies.fitting.MAX_BODY", 60_000)
    async with town.bot() as pipeline:
        pipeline.picture = noise(96, 96)
        sent = await ask(town)
        await pipeline.begun.wait()
        await town.director.set_bot_permissions(GUILD_ID, permissions.VIEW_CHANNEL)
        await town.director.overwrite(CHANNEL_ID, GUILD_ID, deny=permissions.SEND_MESSAGES)
        pipeline.may_finish.set()
        answer = await town.you.answer(sent, until=lambda it: "Seed" in it["content"])
        await town.director.set_bot_permissions(GUILD_ID, BOT_PERMISSIONS)
        await town.director.overwrite(CHANNEL_ID, GUILD_ID)
        await town.becomes(JobState.DELIVERED)
    assert files(answer) == [f"{seed}.webp" for seed in (1, 2, 3, 4)]
    assert sum(it["size"] for it in answer["attachments"]) <= 60_000
    assert len(await posted(town)) == 1
