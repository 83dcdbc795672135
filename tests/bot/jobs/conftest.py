"""Lives of the line: each with a pipeline and replies that keep what they are told."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot.config import LimitsConfig, RoleLimits
from bot.intake.models import ModelList
from bot.jobs.artifacts import Artifacts, Kept
from bot.jobs.generation import GenerationJobs
from bot.jobs.queue import Queue
from bot.jobs.sharing import Sharing
from bot.jobs.training_queue import Actor
from bot.locales import Texts
from bot.records.artifact_files import ArtifactFiles
from bot.records.database import Database
from bot.records.files import PictureFiles
from bot.records.models import Job, StoredArtifact
from bot.records.origin import Origin
from bot.records.people import People
from bot.replies.reply import Delivered
from pipeline import GenerationRequest, ModelConfig, PipelineConfig
from tests.bot.conftest import PromptPipeline
from tests.bot.jobs.learned import DEMO, Make
from tests.bot.jobs.training_lives import Begin, Life, Light, accepted, config_in
from tests.bot.records.past import ADA, BEN

JOB = "0123456789abcdef01234567"
REQUEST = GenerationRequest(id=JOB, prompt="a red circle", seeds=(7, 8))


@dataclass
class NotedReply:
    """Keeps what it was told; fails as it is told to."""

    job: Job
    may_be_answered: bool
    shown: list[object] = field(default_factory=list)
    answers: list[object] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)

    def show_waiting(self, num_before: int, seconds: float | None) -> None:
        self.shown.append((num_before, seconds))

    def show_progress(self, fraction: float, preview: bytes | None) -> None:
        self.shown.append((fraction, preview))

    async def deliver(
        self, request: GenerationRequest, pictures: Sequence[bytes]
    ) -> Sequence[Delivered]:
        self._fail()
        self.answers.append(list(pictures))
        return [Delivered(channel_id=1, message_id=2, indices=tuple(range(len(pictures))))]

    async def refuse(self, sentence: str) -> None:
        self._fail()
        self.answers.append(sentence)

    async def leave(self) -> None:
        self.left.set()

    def _fail(self) -> None:
        self.asked.set()
        if self.errors:
            raise self.errors.pop(0)


class Process:
    """One life of the bot's line."""

    def __init__(
        self,
        queue: Queue,
        files: PictureFiles,
        artifacts: Artifacts,
        texts: Texts,
        errors: Sequence[Exception] = (),
    ) -> None:
        self.pipeline = PromptPipeline()
        self.replies: dict[str, NotedReply] = {}
        self._errors = errors
        self.jobs = GenerationJobs(queue, self.pipeline, files, artifacts, texts, self._reply)

    def _reply(self, job: Job, may_be_answered: bool) -> NotedReply:
        self.replies[job.id] = NotedReply(job, may_be_answered, errors=list(self._errors))
        return self.replies[job.id]

    async def finish(self) -> None:
        """Let the pipeline work until every job has its answer."""
        self.pipeline.may_finish.set()
        async with asyncio.timeout(30):
            await asyncio.gather(*(reply.left.wait() for reply in self.replies.values()))


Start = Callable[..., Process]


@pytest.fixture
def start(queue: Queue, files: PictureFiles, artifacts: Artifacts, texts: Texts) -> Start:
    def start(*errors: Exception) -> Process:
        return Process(queue, files, artifacts, texts, errors)

    return start


async def stored(database: Database, job_id: str = JOB) -> Job:
    async with database.reading() as session:
        job = await session.get(Job, job_id)
        assert job
        return job


@pytest.fixture
def artifacts(
    database: Database, files: PictureFiles, learned: ArtifactFiles, tmp_path: Path
) -> Artifacts:
    (tmp_path / "adapters" / "embeddings").mkdir(parents=True)
    (tmp_path / "adapters" / "embeddings" / "easy-negative.pt").write_bytes(b"")
    models = {"sd": ModelConfig(path=DEMO)}
    config = PipelineConfig(models=models, adapters=str(tmp_path / "adapters"))
    limits = LimitsConfig(max_stored=0.001, roles={"Smith": RoleLimits(max_stored=1)})
    return Artifacts(database, learned, files, limits, config, ModelList(models))


@pytest.fixture
def sharing(database: Database) -> Sharing:
    return Sharing(database, ModelList({"sd": ModelConfig(path=DEMO)}))


@pytest.fixture
def make(artifacts: Artifacts, database: Database, tmp_path: Path) -> Make:
    async def make(owner: str, name: str, **values: Any) -> StoredArtifact:
        owner_id = {"ada": ADA, "ben": BEN}[owner]
        async with database.writing() as session:
            await People(session).meet_user(owner_id, owner)
        file = tmp_path / "learned.pt"
        file.unlink(missing_ok=True)
        file.write_bytes(f"{owner} {name}".encode())
        usual: dict[str, Any] = {"kind": "embedding", "family": "sd1", "width": 96}
        kept = Kept(**usual | values)
        return await artifacts.take(owner_id, name, file, kept)

    return make


@pytest.fixture
async def begin(
    database: Database, files: PictureFiles, texts: Texts, tmp_path: Path
) -> AsyncIterator[Begin]:
    lives: list[Life] = []

    def begin(*errors: Exception, limits: LimitsConfig | None = None) -> Life:
        life = Life(database, files, texts, config_in(tmp_path, DEMO), errors, limits)
        lives.append(life)
        return life

    yield begin
    for life in lives:
        await life.jobs.close()


@pytest.fixture
def light(begin: Begin, files: PictureFiles, origin: Origin) -> Light:
    async def light(num_done: int) -> Life:
        life = begin()
        await accepted(life, files, origin)
        await life.furnace.reach(num_done)
        return life

    return light


@pytest.fixture
def owner(origin: Origin) -> Actor:
    return Actor(origin.user_id)
