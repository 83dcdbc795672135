"""Upscale: a larger picture from the one that is there, made once, whoever presses how often."""

import asyncio

import pytest
from discord import MessageFlags
from sqlalchemy import select

from bot.local_discord.person import Person
from bot.local_discord.wire import Json
from bot.records.models import Derivation, Job, JobState
from pipeline import GenerationFailed
from tests.bot.conversation.conftest import Town


@pytest.fixture
async def answer(town: Town) -> Json:
    """Two pictures, from a life of the bot that is over."""
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        sent = await town.you.slash("imagine", prompt="a", seed=7, count=2)
        return await town.you.answer(sent, until=lambda it: "Seed" in it["content"])


def is_done(message: Json) -> bool:
    return "Seed" in message["content"]


def is_repeat(message: Json) -> bool:
    return "upscaled" in message["content"]


async def test_an_upscale_begins_from_the_picture_itself_even_after_a_restart(
    town: Town, answer: Json
) -> None:
    async with town.bot() as pipeline:
        sent = await town.you.press(answer, "Upscale 2")
        await pipeline.begun.wait()
    async with town.bot() as second:
        second.may_finish.set()
        larger = await town.you.answer(sent, until=is_done)
        assert larger["attachments"][0]["filename"] == "8.png"
        assert "1024×1024" in larger["content"]
    for request in (*pipeline.requests, *second.requests):
        assert request.init_image == b"a 8"
        assert (request.width, request.height, request.seeds) == (1024, 1024, (8,))
        assert request.exact_steps
        assert 0 < request.strength < 0.5


async def test_an_upscale_pressed_twice_returns_the_first_result_and_computes_nothing(
    town: Town, answer: Json, robin: Person
) -> None:
    async with town.bot() as pipeline:
        sent = await town.you.press(answer, "Upscale 1")
        await pipeline.begun.wait()
        soon = await robin.answer(await robin.press(answer, "Upscale 1"), until=is_repeat)
        assert "is being upscaled already" in soon["content"]
        pipeline.may_finish.set()
        first = await town.you.answer(sent, until=is_done)
        assert first["id"] in soon["content"]
    async with town.bot() as later:
        again = await robin.answer(await robin.press(answer, "Upscale 1"), until=is_repeat)
        assert first["id"] in again["content"]
        assert await robin.read(again["attachments"][0]) == b"a 7"
        assert MessageFlags._from_value(again["flags"]).ephemeral
        await town.you.press(first, "Delete")
        await town.you.until(lambda: is_taken_down(town))
        posted = await robin.answer(await robin.press(answer, "Upscale 1"), until=is_repeat)
        assert "channels/" not in posted["content"]
        assert await robin.read(posted["attachments"][0]) == b"a 7"
    assert (len(pipeline.submitted), later.submitted) == (1, [])


async def is_taken_down(town: Town) -> bool:
    [derivation] = await town.ask(select(Derivation))
    [job] = await town.ask(select(Job).filter_by(id=derivation.job_id))
    return [it.message_id for it in await town.images(job)] == [None]


async def test_an_upscale_pressed_by_two_at_the_same_moment_is_made_once(
    town: Town, answer: Json, robin: Person
) -> None:
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        presses = await asyncio.gather(*(it.press(answer, "Upscale 1") for it in (town.you, robin)))

        async def is_answered() -> bool:
            said = [
                await person.answer(sent, until=lambda it: is_done(it) or is_repeat(it))
                for person, sent in zip((town.you, robin), presses, strict=True)
            ]
            return sum(map(is_done, said)) == 1

        assert await is_answered()
    assert len(pipeline.submitted) == 1


async def test_an_upscale_that_failed_may_be_pressed_again(town: Town, answer: Json) -> None:
    async with town.bot() as pipeline:
        pipeline.error = GenerationFailed("The model gave no picture.")
        pipeline.may_finish.set()
        sent = await town.you.press(answer, "Upscale 1")
        await town.you.answer(sent, until=lambda it: "no picture" in it["content"])
        pipeline.error = None
        await town.you.answer(await town.you.press(answer, "Upscale 1"), until=is_done)
    states = [it.state for it in await town.ask(select(Job).order_by(Job.created_at))]
    assert states == [JobState.DELIVERED, JobState.FAILED, JobState.DELIVERED]


async def test_what_would_become_too_large_is_refused_with_the_limit(town: Town) -> None:
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        sent = await town.you.slash("imagine", prompt="a", seed=7, size="1536x64")
        answer = await town.you.answer(sent, until=is_done)
        said = await town.you.answer(await town.you.press(answer, "Upscale ×2"))
        assert "3072" in said["content"]
        assert "2048" in said["content"]
        assert MessageFlags._from_value(said["flags"]).ephemeral
