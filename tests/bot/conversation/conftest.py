"""The bot in a conversation: real discord.py, real records, a local Discord; only no model."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TypeVar

import discord
import pytest
from sqlalchemy import Select, delete, select

from bot import client
from bot.app import open_bot
from bot.config import Config, DatabaseConfig, DiscordConfig, LimitsConfig, StorageConfig
from bot.jobs import generation
from bot.local_discord.director import Director
from bot.local_discord.person import Person
from bot.local_discord.wire import Json
from bot.records.database import Database, open_database
from bot.records.models import Job, JobState, Record, StoredImage
from bot.replies import discord_training, pace
from migrations import upgrade
from pipeline import ModelConfig, PipelineConfig
from tests.bot.conftest import PromptPipeline
from tests.bot.furnace import Furnace
from tests.local_discord_process import TOKEN, local_discord

Row = TypeVar("Row")


class Town:
    """A Discord, somebody in it, and the bot, which may come and go."""

    def __init__(
        self,
        you: Person,
        director: Director,
        config: Config,
    ) -> None:
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

    async def hear(self, words: str, channel: str = "imagine") -> Json:
        """This test's newest message with these words, now or soon."""
        return await self.you.wait_for_message(
            lambda it: int(it["id"]) > self.arrived_at and words in it["content"], channel=channel
        )

    async def num_said(self, words: str, channel: str = "imagine") -> int:
        """How many of this test's messages have these words, as it stands now."""
        said = await self.you.messages(channel)
        return sum(int(it["id"]) > self.arrived_at and words in it["content"] for it in said)

    @asynccontextmanager
    async def bot(self) -> AsyncIterator[PromptPipeline]:
        """One life of the bot; what it is made of answers as its pipeline is let."""
        pipeline = PromptPipeline(Furnace(self.config.pipeline.training_folder))
        opened = asyncio.Event()
        async with open_bot(self.config, pipeline, lambda _: opened.set()) as bot:
            connection = asyncio.create_task(bot.start(TOKEN))
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
        [job] = await self.ask(select(Job))
        return job

    async def images(self, job: Job) -> Sequence[StoredImage]:
        """A job's pictures."""
        return await self.ask(select(StoredImage).filter_by(job_id=job.id).order_by("index"))

    async def ask(self, statement: Select[Row]) -> Sequence[Row]:
        """What the bot's records answer."""
        async with self.records() as database, database.reading() as session:
            return (await session.scalars(statement)).all()

    async def forget_everything(self) -> None:
        """The records are lost."""
        async with self.records() as database, database.writing() as session:
            for table in reversed(Record.metadata.sorted_tables):
                await session.execute(delete(table))

    def records(self) -> AbstractAsyncContextManager[Database]:
        """The bot's records, opened beside it."""
        return open_database(self.config.database.url, self.config.folder, upgrade)

    async def answers(self) -> list[Json]:
        """All messages with pictures that stand in the channel."""
        return [message for message in await self.you.messages() if self.is_answer(message)]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """One local Discord for the tests of a file: each looks only at what is new."""
    with local_discord() as url:
        yield url


@pytest.fixture
async def town(
    url: str,
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
    monkeypatch.setattr(discord_training, "INTERVAL", 0.05)
    monkeypatch.setattr(generation, "FIRST_RETRY", 0.05)
    async with Person.at(url) as you, Director.at(url) as director:
        config = Config(
            folder=tmp_path,
            discord=DiscordConfig(api_url=url),
            database=DatabaseConfig(url="sqlite:///athanor.db"),
            storage=StorageConfig(folder=tmp_path / "pictures", artifacts=tmp_path / "artifacts"),
            limits=LimitsConfig(max_waiting=2),
            pipeline=PipelineConfig(
                models={"sd": ModelConfig(path=model_folder)}, training=str(tmp_path / "training")
            ),
        )
        town = Town(you, director, config)
        await town.arrive()
        yield town
        record = await director.record()
        assert record["unknown_routes"] == []
        assert record["violations"] == []


@pytest.fixture
async def robin(town: Town) -> AsyncIterator[Person]:
    """Somebody else in the same places."""
    async with Person.at(town.config.discord.api_url, "robin") as robin:
        yield robin
