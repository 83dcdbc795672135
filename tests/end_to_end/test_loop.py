"""The bot's own loop stays free: a heartbeat that is late loses the connection."""

import asyncio
import time
from pathlib import Path

import discord
import pytest

from bot.app import open_bot
from bot.config import Config, DatabaseConfig, DiscordConfig, LimitsConfig, StorageConfig
from bot.local_discord.director import Director
from bot.local_discord.person import Person
from pipeline import ModelConfig, PipelineConfig, open_dispatcher
from tests.conftest import WEIGHTS
from tests.end_to_end.conftest import START_TIME
from tests.local_discord_process import TOKEN

LONGEST_CALLBACK = 0.05  # seconds of the loop's own thread


async def test_no_callback_of_the_bot_is_long_while_16_images_are_made_and_posted(
    discord_url: str,
    you: Person,
    director: Director,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for owner, name in (
        (discord.http.Route, "BASE"),
        (discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY"),
        (discord.asset.Asset, "BASE"),
    ):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    config = Config(
        folder=tmp_path,
        discord=DiscordConfig(api_url=discord_url),
        database=DatabaseConfig(),
        storage=StorageConfig(folder=tmp_path / "pictures", artifacts=tmp_path / "artifacts"),
        limits=LimitsConfig(),
        pipeline=PipelineConfig(devices=("cpu",), models={"demo": ModelConfig(path=WEIGHTS)}),
    )
    costs: list[float] = []
    run = asyncio.Handle._run

    def run_timed(handle: asyncio.Handle) -> None:
        begun = time.thread_time()
        run(handle)
        costs.append(time.thread_time() - begun)

    async with (
        open_dispatcher(config.pipeline) as dispatcher,
        open_bot(config, dispatcher, lambda _: None) as client,
    ):
        connection = asyncio.create_task(client.start(TOKEN))
        await director.wait_until_online(patience=START_TIME)
        monkeypatch.setattr(asyncio.Handle, "_run", run_timed)
        sent = [await you.slash("imagine", prompt="a circle", count=4, steps=6) for _ in range(4)]
        for each in sent:
            await you.answer(each, until=lambda it: "Seed" in it["content"], patience=START_TIME)
    await asyncio.gather(connection, return_exceptions=True)
    assert len(costs) > 500
    assert max(costs) < LONGEST_CALLBACK
