"""Lives of the trainings: each with a furnace and replies that keep what they are told."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.config import LimitsConfig, TrainingConfig
from bot.intake.models import ModelList
from bot.jobs.artifacts import Artifacts
from bot.jobs.training import TrainingJobs
from bot.jobs.training_queue import Actor, TrainingQueue
from bot.jobs.workshop import Workshop
from bot.locales import Texts
from bot.records.artifact_files import ArtifactFiles
from bot.records.database import Database
from bot.records.files import PictureFiles
from bot.records.models import Training
from bot.records.origin import Origin
from bot.replies.training_reply import TrainingPlace, TrainingResult, TrainingStatus
from pipeline import FurnaceReport, PipelineConfig, TrainingPicture, TrainingRequest
from tests.bot.furnace import Furnace, picture

TRAINING = "abcdef0123456789abcdef01"
REQUEST = TrainingRequest(
    id=TRAINING,
    name="corgi",
    method="textual_inversion",
    model="sd",
    pictures=(TrainingPicture(content=picture(9)),),
    width=64,
    height=64,
    num_steps=30,
    learning_rate="0.005",
    batch_size=1,
    template="subject",
    snapshot_every=10,
)


@dataclass
class NotedTraining:
    """Keeps what it was told; fails as it is told to."""

    errors: list[Exception] = field(default_factory=list)
    shown: list[TrainingStatus] = field(default_factory=list)
    settled: list[TrainingStatus] = field(default_factory=list)
    warned: list[FurnaceReport] = field(default_factory=list)
    results: list[TrainingResult] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    picked: list[tuple[str, int, int]] = field(default_factory=list)
    num_opened: int = 0

    async def open(self) -> TrainingPlace:
        self._fail()
        self.num_opened += 1
        return TrainingPlace(thread_id=5, message_id=6)

    def show(self, status: TrainingStatus) -> None:
        self.shown.append(status)

    async def settle(self, status: TrainingStatus) -> None:
        self.settled.append(status)

    async def warn(self, report: FurnaceReport) -> None:
        self._fail()
        self.warned.append(report)

    async def tell_pick(self, name: str, num_done: int, user_id: int) -> None:
        self._fail()
        self.picked.append((name, num_done, user_id))

    async def deliver(self, result: TrainingResult) -> None:
        self._fail()
        self.results.append(result)

    async def refuse(self, sentence: str) -> None:
        self.sentences.append(sentence)

    async def put_out(self, sentence: str) -> None:
        self.sentences.append(sentence)

    async def leave(self) -> None:
        pass

    def _fail(self) -> None:
        if self.errors:
            raise self.errors.pop(0)


class Life:
    """One life of the bot, as far as it is about trainings."""

    def __init__(
        self,
        database: Database,
        files: PictureFiles,
        texts: Texts,
        config: PipelineConfig,
        errors: Sequence[Exception] = (),
        limits: LimitsConfig | None = None,
    ) -> None:
        self.folder = config.training_folder
        self.furnace = Furnace(self.folder)
        self.reply = NotedTraining(list(errors))
        models = ModelList(config.models)
        kept = ArtifactFiles(config.training_folder.parent / "artifacts")
        limits = limits or LimitsConfig()
        self.artifacts = Artifacts(database, kept, files, limits, config, models)
        self.queue = TrainingQueue(database, TrainingConfig())
        self.jobs = TrainingJobs(
            Workshop(
                queue=self.queue,
                pipeline=self.furnace,
                files=files,
                artifacts=self.artifacts,
                texts=texts,
                make_reply=lambda training, may_be_posted: self.reply,
                config=config,
            )
        )

    async def now(self) -> Training:
        """The training as the records have it."""
        return await self.queue.find(TRAINING)

    async def until(self, is_so: str) -> Training:
        """Wait for a state."""
        return await self._wait(lambda it: it.state == is_so)

    async def rest(self, owner: Actor) -> None:
        """Pause it, and wait until that is shown."""
        await self.jobs.pause(TRAINING, owner)
        while not self.reply.settled:
            await self.until("paused")

    async def told(self) -> Training:
        """Wait until its user knows how it ended."""
        return await self._wait(lambda it: it.answered_at is not None)

    async def _wait(self, is_so: Callable[[Training], bool]) -> Training:
        async with asyncio.timeout(5):
            while True:
                training = await self.now()
                if is_so(training):
                    return training
                await asyncio.sleep(0.01)


def config_in(folder: Path, models: Path) -> PipelineConfig:
    """A configuration whose runs lie in a folder."""
    return PipelineConfig.model_validate(
        {"models": {"sd": {"path": models}}, "training": str(folder / "training")}
    )


async def accepted(life: Life, files: PictureFiles, origin: Origin) -> Training:
    return await life.jobs.accept(REQUEST, [(await files.store(picture(9)), "a dog")], origin)


Begin = Callable[..., Life]
Light = Callable[[int], Awaitable[Life]]
"""A life in which a training was accepted and has taken so many steps."""
