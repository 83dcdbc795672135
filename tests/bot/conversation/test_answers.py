"""What people are told, shown and asked, command by command and button by button."""

import asyncio

import discord
import pytest
from sqlalchemy import select

from bot.app import open_bot
from bot.jobs.queue import Queue
from bot.records.models import Job, JobState
from pipeline import GenerationFailed
from tests.bot.conftest import PromptPipeline
from tests.bot.conversation.conftest import Town
from tests.local_discord_process import TOKEN


async def test_a_prompt_becomes_progress_and_then_pictures_in_one_message(town: Town) -> None:
    async with town.bot() as pipeline:
        sent = await town.you.slash("imagine", prompt="a *red* circle", seed=7, count=2)
        shown = await town.you.answer(sent, until=lambda it: it["attachments"])
        assert "50 %" in shown["content"]
        assert [it["filename"] for it in shown["attachments"]] == ["preview.webp"]
        pipeline.may_finish.set()
        answer = await town.you.answer(sent, until=lambda it: len(it["attachments"]) == 2)
        assert [it["filename"] for it in answer["attachments"]] == ["7.png", "8.png"]
        assert await town.you.read(answer["attachments"][1]) == b"a *red* circle 8"
        assert answer["id"] == shown["id"]
        assert r"a \*red\* circle" in answer["content"]
        assert "Seed 7–8" in answer["content"]
        assert (await town.becomes(JobState.DELIVERED)).interaction_token is None


async def test_bad_options_are_answered_to_their_author_alone(town: Town) -> None:
    async with town.bot():
        for options, named in (
            ({"prompt": "a", "size": "513x512"}, "multiple of 8"),
            ({"prompt": "a", "sampler": "Eular"}, "Eular"),
            ({"prompt": "\u200b"}, "empty"),
        ):
            sent = await town.you.slash("imagine", **options)
            answer = await town.you.answer(sent)
            assert named in answer["content"]
            assert discord.MessageFlags._from_value(answer["flags"]).ephemeral


async def test_suggestions_follow_what_is_typed(town: Town) -> None:
    async with town.bot():
        samplers = await town.you.suggestions("imagine", "sampler", "eul", prompt="a")
        assert {"name": "Euler a Karras", "value": "Euler a Karras"} in samplers
        sizes = await town.you.suggestions("imagine", "size", "", prompt="a")
        assert {"name": "Square 1:1 · 512×512", "value": "1:1"} in sizes


async def test_a_button_cancels_for_the_one_who_asked(town: Town) -> None:
    async with town.bot() as pipeline:
        sent = await town.you.slash("imagine", prompt="a", seed=7)
        await pipeline.begun.wait()
        shown = await town.you.answer(sent, until=lambda it: it["components"])
        await town.you.press(shown, "Cancel")
        answer = await town.you.answer(sent, until=lambda it: it["content"] == "Cancelled.")
        assert answer["attachments"] == []
    assert (await town.job()).state is JobState.CANCELLED


async def test_again_makes_new_pictures_even_after_a_restart(town: Town) -> None:
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        sent = await town.you.slash("imagine", prompt="a", seed=7)
        answer = await town.you.answer(sent, until=town.is_answer)
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        again = await town.you.press(answer, "Again, new seed")
        second = await town.you.answer(
            again, until=lambda it: it["attachments"] and "Seed" in it["content"]
        )
        assert second["id"] != answer["id"]
        assert second["attachments"][0]["filename"] != "7.png"


async def test_a_failure_is_said_in_the_placeholder_with_a_button_to_try_again(
    town: Town,
) -> None:
    async with town.bot() as pipeline:
        pipeline.error = GenerationFailed("The model gave no picture.")
        pipeline.may_finish.set()
        sent = await town.you.slash("imagine", prompt="a", seed=7)
        said = await town.you.answer(sent, until=lambda it: "no picture" in it["content"])
        assert said["content"] == "The model gave no picture."
        assert said["attachments"] == []
        pipeline.error = None
        again = await town.you.press(said, "Again, new seed")
        await town.you.answer(again, until=lambda it: "Seed" in it["content"])


async def test_too_many_waiting_is_said_in_one_sentence(town: Town) -> None:
    async with town.bot() as pipeline:
        pipeline.may_begin.clear()
        for _ in range(2):
            sent = await town.you.slash("imagine", prompt="a")
            await town.you.answer(sent, until=lambda it: it["content"])
        sent = await town.you.slash("imagine", prompt="a")
        answer = await town.you.answer(sent, until=lambda it: it["content"])
        assert "2 requests waiting already" in answer["content"]
        assert discord.MessageFlags._from_value(answer["flags"]).ephemeral
        # What is being made waits no more, and leaves room for another.
        pipeline.may_begin.set()
        await town.you.until(lambda: is_begun(town, 2))
        sent = await town.you.slash("imagine", prompt="a")
        await town.you.answer(sent, until=lambda it: it["components"])


async def is_begun(town: Town, count: int) -> bool:
    return len(await town.ask(select(Job).filter_by(state=JobState.RUNNING))) == count


async def test_a_prompt_that_means_nothing_is_refused_to_its_author_alone(town: Town) -> None:
    async with town.bot() as pipeline:
        for prompt, said in (
            ("a (cat:1.2.3)", "`1.2.3` is no weight"),
            ("a cat:1e999 AND a dog:" + "9" * 400, "too large to be a number"),
            ("a <tag:cat>", "no tag called `tag`"),
            ("[a:b:1e999]", "A prompt cannot change at step"),
        ):
            sent = await town.you.slash("imagine", prompt=prompt)
            answer = await town.you.answer(sent)
            assert said in answer["content"]
            assert discord.MessageFlags._from_value(answer["flags"]).ephemeral
    assert pipeline.submitted == []
    assert await town.ask(select(Job)) == []


async def test_what_is_refused_only_after_an_answer_was_promised_leaves_nothing_behind(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def look_away(*_: object) -> None:
        """As if another request had been accepted since."""

    async with town.bot() as pipeline:
        pipeline.may_begin.clear()
        for _ in range(2):
            sent = await town.you.slash("imagine", prompt="a")
            await town.you.answer(sent, until=lambda it: it["content"])
        monkeypatch.setattr(Queue, "check", look_away)
        before = [it["id"] for it in await town.you.messages() if not it["flags"] & 64]
        await town.you.slash("imagine", prompt="a")
        said = await town.you.wait_for_message(
            lambda it: int(it["id"]) > town.arrived_at and "waiting already" in it["content"]
        )
        assert discord.MessageFlags._from_value(said["flags"]).ephemeral
        after = [it["id"] for it in await town.you.messages() if not it["flags"] & 64]
        assert after == before


async def test_the_bot_asks_for_no_more_than_it_needs_and_keeps_no_buttons_in_mind(
    town: Town,
) -> None:
    pipeline = PromptPipeline()
    pipeline.may_finish.set()
    link = asyncio.get_running_loop().create_future()
    async with open_bot(town.config, pipeline, lambda it: link.set_result(it.invite_link())) as bot:
        connection = asyncio.create_task(bot.start(TOKEN))
        await town.director.wait_until_online()
        sent = await town.you.slash("imagine", prompt="a", seed=7)
        await town.you.answer(sent, until=town.is_answer)
        invite = await asyncio.wait_for(link, 30)
        # Discord asks for reasons before it grants presences, members or all that people write.
        assert not bot.intents & discord.Intents(presences=True, members=True, message_content=True)
        assert bot.persistent_views == []
    await asyncio.gather(connection, return_exceptions=True)
    assert "scope=bot+applications.commands" in invite
    assert f"permissions={0x400 | 0x800 | 0x4000 | 0x8000 | 0x10000 | 1 << 35 | 1 << 38}" in invite
