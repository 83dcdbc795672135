"""The whole bot as a process, with its worker and the demo model, in a local Discord."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.local_discord.director import Director
from bot.local_discord.person import Person
from tests.conftest import WEIGHTS
from tests.local_discord_process import ROOT, TOKEN, local_discord

START_TIME = 180.0  # seconds that a bot and its worker may take on a busy machine


class Bot:
    """`python -m bot` with a folder of its own; it may be ended and started again."""

    def __init__(self, folder: Path, url: str, weights: Path) -> None:
        self.folder = folder
        self.config = folder / "config.toml"
        self.config.write_text(
            f'[discord]\napi_url = "{url}"\n[limits]\nmax_waiting = 10\n'
            f'[pipeline]\ndevices = ["cpu"]\n[pipeline.models.demo]\npath = "{weights}"\n'
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, **environment: str) -> "subprocess.Popen[bytes]":
        """Begin to run; what it says is kept in `bot.log`."""
        with (self.folder / "bot.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bot", "--config", str(self.config)],
                cwd=ROOT,
                env=os.environ | {"DISCORD_TOKEN": TOKEN} | environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        return self._process

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it, or kill it; returns how it ended."""
        assert self._process
        self._process.send_signal(how)
        return self._process.wait(timeout=30)

    @property
    def pid(self) -> int:
        """Of the process that runs now."""
        assert self._process
        return self._process.pid

    def close(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    @property
    def log(self) -> str:
        return (self.folder / "bot.log").read_text()

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """What its records answer."""
        path = self.folder / "data" / "athanor.db"
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
            rows = connection.execute(query).fetchall()
        connection.close()
        return rows


@pytest.fixture(scope="module")
def discord_url() -> Iterator[str]:
    """A local Discord for the tests of one file."""
    with local_discord() as url:
        yield url


@pytest.fixture(scope="module")
def bot(discord_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    """A bot for the tests of one file, not started yet."""
    bot = Bot(tmp_path_factory.mktemp("bot"), discord_url, WEIGHTS)
    yield bot
    bot.close()


@pytest.fixture
async def you(discord_url: str) -> AsyncIterator[Person]:
    async with Person.at(discord_url) as you:
        yield you


@pytest.fixture
async def director(discord_url: str) -> AsyncIterator[Director]:
    async with Director.at(discord_url) as director:
        yield director
        record = await director.record()
        assert record["unknown_routes"] == []
        assert record["violations"] == []
