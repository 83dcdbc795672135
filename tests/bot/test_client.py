"""The bot in a conversation: real discord.py, real records, a local Discord; only no model."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import discord
import pytest
from sqlalchemy import select, update

from bot import client
from bot.app import open_bot
from bot.config import Config, DatabaseConfig, DiscordConfig, LimitsConfig, StorageConfig
from bot.jobs import generation
from bot.jobs.queue import Queue
from bot.local_discord import permissions
from bot.local_discord.director import Director
from bot.local_discord.launch import Place
from bot.local_discord.newcomer import BOT_PERMISSIONS, CHANNEL_ID, GUILD_ID, YOU_ID
from bot.local_discord.person import Person
from bot.local_discord.wire import Json
from bot.records.database import Database, open_database
from bot.records.models import Job, JobState, User
from bot.replies import pace
from migrations import upgrade
from pipeline import GenerationFailed, ModelConfig, PipelineConfig
from tests.bot.conftest import PromptPipeline

OPENAPI = Path(__file__).parents[2].parent / "shared" / "discord-openapi.json"


class Town:
    """A Discord, somebody in it, and the bot, which may come and go."""

    def __init__(
        self,
        place: Place,
        you: Person,
        director: Director,
        config: Config,
    ) -> None:
        self.place = place
        self.you = you
        self.director = director
        self.config = config
        self.arrived_at = 0

    async def arrive(self) -> None:
        """From here on, messages belong to this test."""
        self.arrived_at = int((await self.you.write("hello"))["id"])

    def is_answer(self, message: Json) -> bool:
        """Whether this test's pictures stand in a message."""
        names = [it["filename"] for it in message["attachments"]]
        return int(message["id"]) > self.arrived_at and names == ["7.png"]

    @asynccontextmanager
    async def bot(self) -> AsyncIterator[PromptPipeline]:
        """One life of the bot; what it is made of answers as its pipeline is let."""
        pipeline = PromptPipeline()
        opened = asyncio.Event()
        async with open_bot(self.config, pipeline, lambda _: opened.set()) as bot:
            connection = asyncio.create_task(bot.start(self.place.token))
            async with asyncio.timeout(10):
                await opened.wait()
            yield pipeline
        await asyncio.gather(connection, return_exceptions=True)

    async def becomes(self, state: JobState) -> Job:
        """The one job there is, once it has come to that state."""

        async def look() -> Job | None:
            job = await self.job()
            return job if job.state is state else None

        return await self.you.until(look)

    async def job(self) -> Job:
        """The one job there is."""
        async with (
            open_database(self.config.database.url, self.config.folder, upgrade) as database,
            database.reading() as session,
        ):
            return (await session.scalars(select(Job))).one()

    async def answers(self) -> list[Json]:
        """All messages with pictures that stand in the channel."""
        return [message for message in await self.you.messages() if self.is_answer(message)]


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """One local Discord for all of these tests: each looks only at what is new."""
    command = [sys.executable, "-m", "bot.local_discord", "--port", "0", "--token", "a.b.c"]
    if OPENAPI.exists():
        command += ["--openapi", str(OPENAPI)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield Place(process.stdout.readline().strip(), "a.b.c")
        process.terminate()


@pytest.fixture
async def town(
    place: Place,
    tmp_path: Path,
    model_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Town]:
    for owner, name in (
        (discord.http.Route, "BASE"),
        (discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY"),
        (discord.asset.Asset, "BASE"),
    ):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    monkeypatch.setattr(client, "GUILD_PAUSE", 0.05)
    monkeypatch.setattr(pace, "INTERVAL", 0.05)
    monkeypatch.setattr(generation, "FIRST_RETRY", 0.05)
    async with Person.at(place.url) as you, Director.at(place.url) as director:
        config = Config(
            folder=tmp_path,
            discord=DiscordConfig(api_url=place.url),
            database=DatabaseConfig(url="sqlite:///athanor.db"),
            storage=StorageConfig(folder=tmp_path / "pictures"),
            limits=LimitsConfig(max_waiting=2),
            pipeline=PipelineConfig(models={"sd": ModelConfig(path=model_folder)}),
        )
        town = Town(place, you, director, config)
        await town.arrive()
        yield town
        record = await director.record()
        assert record["unknown_routes"] == []
        assert record["violations"] == []


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


async def test_a_button_does_not_cancel_for_a_stranger(town: Town) -> None:
    async with town.bot() as pipeline:
        sent = await town.you.slash("imagine", prompt="a", seed=7)
        await pipeline.begun.wait()
        shown = await town.you.answer(sent, until=lambda it: it["components"])
        async with open_database(town.config.database.url, town.config.folder, upgrade) as database:
            await give_to_somebody_else(database)
        refusal = await town.you.answer(await town.you.press(shown, "Cancel"))
        assert "Only the one who asked" in refusal["content"]
        assert discord.MessageFlags._from_value(refusal["flags"]).ephemeral
        pipeline.may_finish.set()
        await town.you.answer(sent, until=town.is_answer)


async def give_to_somebody_else(database: Database) -> None:
    async with database.writing() as session:
        job = (await session.scalars(select(Job))).one()
        session.add(User(id=1, name="somebody else", created_at=job.created_at))
        await session.flush()
        await session.execute(update(Job).values(user_id=1))


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

        async def is_settled() -> bool:
            moved = await town.you.reread(placeholder)
            return answer["id"] in moved["content"] and not moved["components"]

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


@pytest.mark.parametrize("minutes", [0, 16, 60])
async def test_pictures_posted_just_before_a_crash_are_not_posted_again(
    town: Town, minutes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """0: the placeholder was edited. 16: posted, and the nonce still known. 60: long ago."""

    async def crash(*_: object) -> None:
        raise ZeroDivisionError

    async with town.bot() as pipeline:
        sent = await town.you.slash("imagine", prompt="a", seed=7)
        await town.you.answer(sent, until=lambda it: it["components"])
        if minutes:
            await town.director.advance(16 * 60)
        with monkeypatch.context() as patch:
            patch.setattr(Queue, "deliver", crash)
            pipeline.may_finish.set()
            await town.you.wait_for_message(town.is_answer)
    assert (await town.job()).state is JobState.MADE
    await town.director.advance(max(0, minutes - 16) * 60)
    async with town.bot() as pipeline:
        await town.becomes(JobState.DELIVERED)
        assert pipeline.submitted == []
    assert len(await town.answers()) == 1


async def test_discord_away_for_a_moment_delays_pictures_but_loses_none(town: Town) -> None:
    async with town.bot() as pipeline:
        sent = await town.you.slash("imagine", prompt="a", seed=7)
        await town.you.answer(sent, until=lambda it: it["components"])
        await town.director.fail(502, "/webhooks/")
        await town.director.rate_limit("/webhooks/", times=2)
        pipeline.may_finish.set()
        await town.you.answer(sent, until=town.is_answer)
    assert len(await town.answers()) == 1


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
    async with town.bot():
        for _ in range(2):
            await town.you.answer(await town.you.slash("imagine", prompt="a"))
        sent = await town.you.slash("imagine", prompt="a")
        answer = await town.you.answer(sent, until=lambda it: it["content"])
        assert "2 pictures waiting already" in answer["content"]


async def test_the_bot_asks_for_no_more_than_it_needs(town: Town) -> None:
    pipeline = PromptPipeline()
    links: list[str] = []
    async with open_bot(town.config, pipeline, lambda it: links.append(it.invite_link())) as bot:
        connection = asyncio.create_task(bot.start(town.place.token))
        await town.director.wait_until_online()
        await town.you.until(lambda: asyncio.sleep(0, links))
        assert bot.intents == discord.Intents(guilds=True)
    await asyncio.gather(connection, return_exceptions=True)
    assert "scope=bot+applications.commands" in links[0]
    assert f"permissions={0x400 | 0x800 | 0x4000 | 0x8000 | 0x10000 | 1 << 38}" in links[0]
