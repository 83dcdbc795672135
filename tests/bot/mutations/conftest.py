"""A place to besiege: a local Discord in the test's own loop, a bot, and somebody's things."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import discord
import pytest
from PIL import Image
from sqlalchemy import select

from bot import client
from bot.app import open_bot
from bot.config import Config, DatabaseConfig, DiscordConfig, LimitsConfig, StorageConfig
from bot.local_discord.assembly import LocalDiscord, assemble
from bot.local_discord.cdn import UploadedFile
from bot.local_discord.newcomer import APPLICATION_ID, CHANNEL_ID, make_token
from bot.local_discord.server import serving
from bot.records.database import Database, open_database
from bot.records.models import Draft, GuildShare, Job, JobState, StoredArtifact
from bot.replies import pace
from migrations import upgrade
from pipeline import ModelConfig, PipelineConfig
from tests.bot.conftest import PromptPipeline
from tests.bot.local_discord.conftest import description_path
from tests.bot.mutations.siege import LOOK_EVERY, PATIENCE, Siege, until
from tests.bot.records.past import learned
from tests.pipeline.pictures import encoded

TOKEN = make_token(APPLICATION_ID)
NEVER_DONE = "a picture that takes for ever"
FILES = [
    UploadedFile(index=0, filename=name, data=data)
    for name, data in (
        ("a.png", encoded(Image.new("RGB", (64, 64), "red"))),
        ("half.png", encoded(Image.new("RGB", (64, 64)))[:60]),
        ("see-through.png", encoded(Image.new("RGBA", (8, 64), (0, 0, 0, 0)))),
        ("text.png", b"no picture at all"),
        ("empty.webp", b""),
    )
]


@pytest.fixture
async def siege(
    tmp_path: Path, model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Siege]:
    for owner, name in (
        (discord.http.Route, "BASE"),
        (discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY"),
        (discord.asset.Asset, "BASE"),
    ):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    monkeypatch.setattr(client, "GUILD_PAUSE", 0.05)
    monkeypatch.setattr(pace, "INTERVAL", 0.05)
    monkeypatch.setattr(PromptPipeline, "never_done", {NEVER_DONE})
    home = assemble(TOKEN, described())
    home.clock.stop()
    home.limits.scale = 0  # crowds this large come from one person here
    async with serving(home, host="127.0.0.1", port=0) as url:
        sd = ModelConfig(path=model_folder)
        config = Config(
            folder=tmp_path,
            discord=DiscordConfig(api_url=url),
            database=DatabaseConfig(url="sqlite:///athanor.db"),
            storage=StorageConfig(folder=tmp_path / "pictures", artifacts=tmp_path / "artifacts"),
            limits=LimitsConfig(max_waiting=10),
            pipeline=PipelineConfig(models={"sd": sd, "other": sd}),
        )
        pipeline, opened = PromptPipeline(), asyncio.Event()
        pipeline.may_finish.set()
        async with open_bot(config, pipeline, lambda _: opened.set()) as bot:
            connection = asyncio.create_task(bot.start(TOKEN))
            async with (
                asyncio.timeout(PATIENCE) as patience,
                open_database(config.database.url, tmp_path, upgrade) as database,
            ):
                await opened.wait()
                siege = await settled(home, database)
                patience.reschedule(None)
                yield siege
        await asyncio.gather(connection, return_exceptions=True)


def described() -> Any:
    """Discord's description of itself, where it is at hand."""
    from bot.local_discord.openapi import OpenApi

    path = description_path()
    return OpenApi.read(path) if path.exists() else None


async def settled(home: LocalDiscord, database: Database) -> Siege:
    """A place where somebody has pictures, a request, and settings of their own."""
    you = home.person("you")
    picture = you.upload(CHANNEL_ID, FILES[0]).id
    for name, values in (
        ("inpaint", {"picture": picture, "prompt": "a", "region": "left half"}),
        ("settings mine", {"steps": 33}),
        ("settings server", {"count": 2}),
        ("imagine", {"prompt": "a", "seed": 7}),
        ("imagine", {"prompt": NEVER_DONE, "seed": 8}),
    ):
        opener = you.call(CHANNEL_ID, name, values)
        await opener.settled.wait()

    async def of_state(state: JobState) -> Job:
        while True:
            async with database.reading() as session:
                if found := (await session.scalars(select(Job).filter_by(state=state))).first():
                    return found
            await asyncio.sleep(LOOK_EVERY)

    done, running = await of_state(JobState.DELIVERED), await of_state(JobState.RUNNING)
    shown = home.world.channel(CHANNEL_ID).messages
    await until(lambda: shown[str(running.placeholder_id)].attachments)
    async with database.reading() as session:
        draft = (await session.scalars(select(Draft))).one()
    robin = home.person("robin")
    files = [robin.upload(CHANNEL_ID, file).id for file in FILES]
    artifact = await shared_artifact(database, done)
    siege = Siege(home, database, done, running, draft, artifact, files, opener)
    siege.treasure = await siege.ask_for_treasure()
    return siege


async def shared_artifact(database: Database, done: Job) -> StoredArtifact:
    """Something of whoever has the pictures, shared where they stand."""
    assert done.guild_id
    artifact = learned(done.user_id, "cat")
    async with database.writing() as session:
        session.add(artifact)
        session.add(
            GuildShare(
                artifact_id=artifact.id, guild_id=done.guild_id, created_at=artifact.created_at
            )
        )
    return artifact
