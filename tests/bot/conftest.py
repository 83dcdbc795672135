"""The bot's rooms on a real database, made by the migrations, in a folder of the test's own."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, overload

import pytest
from sqlalchemy import Connection, MetaData

from bot.config import LimitsConfig
from bot.intake.generation import GenerationIntake
from bot.jobs.queue import Queue
from bot.locales import Texts, read_texts
from bot.records.artifact_files import ArtifactFiles
from bot.records.database import Database, open_database
from bot.records.files import PictureFiles, open_picture_files
from bot.records.origin import Origin
from migrations import upgrade
from pipeline import (
    Cancelled,
    GeneratedImage,
    GenerationProgress,
    GenerationRequest,
    ModelConfig,
    Order,
    PipelineConfig,
    TrainingProgress,
    TrainingRequest,
    Waiting,
)
from tests.bot.furnace import Furnace, Run

MAX_WAITING = 3

sqlite_only = pytest.mark.skipif(
    "TEST_DATABASE_URL" in os.environ, reason="this promise is about SQLite"
)


class PromptPipeline:
    """Answers every request with its prompt as bytes, when it is let."""

    never_done: Collection[str] = ()  # prompts of which nothing comes

    def __init__(self, furnace: Furnace | None = None) -> None:
        self.furnace = furnace  # what trains; None: nothing does
        self.may_begin = asyncio.Event()
        self.may_begin.set()
        self.may_finish = asyncio.Event()
        self.begun = asyncio.Event()
        self.submitted: list[str] = []
        self.requests: list[GenerationRequest] = []
        self.served: list[str] = []
        self.error: Exception | None = None
        self.picture: bytes | None = None  # in place of what it would draw
        self._cancelled: set[str] = set()

    @overload
    def submit(
        self, request: GenerationRequest
    ) -> AsyncIterator[Waiting | GenerationProgress | GeneratedImage]: ...

    @overload
    def submit(self, request: TrainingRequest) -> Run: ...

    def submit(self, request: GenerationRequest | TrainingRequest) -> AsyncIterator[Any]:
        if isinstance(request, TrainingRequest):
            assert self.furnace
            return self.furnace.submit(request)
        return self._make(request)

    async def _make(
        self, request: GenerationRequest
    ) -> AsyncIterator[Waiting | GenerationProgress | GeneratedImage]:
        self.submitted.append(request.id)
        self.requests.append(request)
        yield Waiting(request.id, 2, 4.5)
        await self.may_begin.wait()
        yield GenerationProgress(request.id, 1, 2, b"preview")
        self.begun.set()
        await self.may_finish.wait()
        if request.prompt in self.never_done:
            await asyncio.Event().wait()
        if request.id in self._cancelled:
            raise Cancelled
        if self.error:
            raise self.error
        for index, seed in reversed(list(enumerate(request.seeds))):
            png = self.picture or self.draw(request, seed)
            width, height = request.passes[-1][:2]
            told = f"infotext {seed}"
            yield GeneratedImage(request.id, index, seed, width, height, png, told)

    @staticmethod
    def draw(request: GenerationRequest, seed: int) -> bytes:
        return f"{request.prompt} {seed}".encode()

    def outlook(self) -> Sequence[GenerationProgress | TrainingProgress | Waiting]:
        pictures = [GenerationProgress(request_id, 1, 2) for request_id in self.submitted]
        return [*pictures, *(self.furnace.outlook() if self.furnace else ())]

    def order(self, request_id: str, order: Order) -> bool:
        return self.furnace is not None and self.furnace.order(request_id, order)

    def remember(self, served: Sequence[str]) -> None:
        self.served = list(served)

    def cancel(self, request_id: str) -> bool:
        if self.furnace and request_id in self.furnace.known:
            return self.furnace.cancel(request_id)
        self._cancelled.add(request_id)
        self.may_finish.set()
        return True


def start_empty(connection: Connection) -> None:
    """All that the migrations make, and nothing else: on a server, other tests were here."""
    if connection.dialect.name != "sqlite":
        everything = MetaData()
        everything.reflect(connection)
        everything.drop_all(connection)
    upgrade(connection)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """SQLite, or the PostgreSQL at TEST_DATABASE_URL, which is emptied for each test."""
    address = os.environ.get("TEST_DATABASE_URL", "sqlite:///athanor.db")
    async with open_database(address, tmp_path, start_empty) as database:
        yield database


@pytest.fixture
def learned(tmp_path: Path) -> ArtifactFiles:
    return ArtifactFiles(tmp_path / "artifacts")


@pytest.fixture
def queue(database: Database, learned: ArtifactFiles) -> Queue:
    return Queue(database, LimitsConfig(max_waiting=MAX_WAITING), learned)


@pytest.fixture
def files(tmp_path: Path) -> Iterator[PictureFiles]:
    with open_picture_files(tmp_path / "pictures") as files:
        yield files


@pytest.fixture(scope="session")
def texts() -> Texts:
    return read_texts()


@pytest.fixture
def origin() -> Origin:
    return Origin(
        user_id=80351110224678912,
        user_name="nelly",
        guild_id=197038439483310086,
        guild_name="the workshop",
        channel_id=290926798626357999,
        placeholder_id=1050000000000000001,
        interaction_token="aW50ZXJhY3Rpb24",
        token_expires_at=datetime.now(UTC) + timedelta(minutes=15),
    )


@pytest.fixture
def model_folder(tmp_path: Path) -> Path:
    """As much of a checkpoint as the bot reads: it never loads one."""
    for part, settings in (
        ("unet", {"sample_size": 64}),
        ("vae", {"block_out_channels": [128, 256, 512, 512]}),
    ):
        (tmp_path / "model" / part).mkdir(parents=True)
        (tmp_path / "model" / part / "config.json").write_text(json.dumps(settings))
    return tmp_path / "model"


@pytest.fixture
def intake(model_folder: Path) -> GenerationIntake:
    return GenerationIntake(PipelineConfig(models={"sd": ModelConfig(path=model_folder)}))
