"""What a training needs around it: who trains, where files lie, and what a row stands for."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, overload

from bot.jobs.artifacts import Artifacts
from bot.jobs.training_queue import TrainingQueue
from bot.locales import Texts
from bot.records.files import PictureFiles
from bot.records.models import KeptSnapshot, StoredArtifact, Training
from bot.replies.training_reply import Learned, TrainingReply
from pipeline import (
    ArtifactKind,
    GeneratedImage,
    GenerationProgress,
    GenerationRequest,
    Order,
    PipelineConfig,
    TrainingNews,
    TrainingPicture,
    TrainingProgress,
    TrainingRequest,
    Waiting,
)

LORA_BESIDE = "-lora.safetensors"  # how the name of the LoRA beside a model ends
MAX_DRAWN = 30  # steps of which the sample pictures are remembered, the latest
KINDS: dict[str, ArtifactKind] = {
    "textual_inversion": "embedding",
    "hypernetwork": "hypernetwork",
    "lora": "lora",
    "aesthetic": "aesthetic",
    "dreambooth": "checkpoint",
}
"""What each method of training makes."""


class TrainingStream(Protocol):
    """What happens to one training; leaving it closes the run, which keeps a snapshot."""

    def __aiter__(self) -> AsyncIterator[Waiting | TrainingNews]:
        """All of it, in order."""

    def aclose(self) -> Awaitable[None]:
        """Leave it."""


class TrainingPipeline(Protocol):
    """What trains."""

    def submit(self, request: TrainingRequest) -> TrainingStream:
        """Queue a training, from this moment on; it goes on where its folder says."""

    def cancel(self, request_id: str) -> bool:
        """Close a run; its stream raises `Cancelled`."""

    def order(self, request_id: str, order: Order) -> bool:
        """Tell a run that is worked on; False where there is none."""


class Devices(Protocol):
    """What makes pictures and trains: `Pipeline` and `TrainingPipeline` in one."""

    @overload
    def submit(
        self, request: GenerationRequest
    ) -> AsyncIterator[Waiting | GenerationProgress | GeneratedImage]: ...

    @overload
    def submit(self, request: TrainingRequest) -> TrainingStream: ...

    def remember(self, served: Sequence[str]) -> None:
        """Take it that these users had their turns, in this order, before anything is queued."""

    def cancel(self, request_id: str) -> bool:
        """Withdraw a request, or close a run."""

    def order(self, request_id: str, order: Order) -> bool:
        """Tell a run that is worked on; False where there is none."""

    def outlook(self) -> Sequence[GenerationProgress | TrainingProgress | Waiting]:
        """How far everything is: what is worked on, then who waits, in order."""


MakeReply = Callable[[Training, bool], TrainingReply]
"""Of a training, and whether something of it may have been posted already."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """All that a training needs."""

    queue: TrainingQueue
    pipeline: TrainingPipeline
    files: PictureFiles
    artifacts: Artifacts
    texts: Texts
    make_reply: MakeReply
    config: PipelineConfig

    def folder_of(self, training: Training) -> Path:
        """Where its run keeps what it makes."""
        return self.config.training_folder / training.id


async def request_of(
    shop: Workshop, training: Training, changes: Mapping[str, Any] | None = None
) -> TrainingRequest:
    """The request with its pictures, which its row only names. Raises `InvalidRequest`."""
    pictures = [
        TrainingPicture(content=await shop.files.load(it.file_hash), caption=it.caption)
        for it in training.pictures
    ]
    return TrainingRequest(**training.request | dict(changes or {}), pictures=tuple(pictures))


async def keep(
    shop: Workshop, training: Training, path: Path, num_steps: int, is_picked: bool = False
) -> StoredArtifact:
    """Put what was learned by some step among its owner's artifacts; kept twice, it is the same."""
    samples = drawn_by(training, num_steps)
    method = training.request["method"]
    return await shop.artifacts.keep(
        owner_id=training.user_id,
        name=training.request["name"],
        kind=KINDS[method["kind"]],
        path=path,
        base=training.request["model"] or shop.config.default_model,
        card={
            "training": training.id,
            "steps": num_steps,
            "method": method,
            "word": training.request["name"],
            "is_picked": is_picked,
        },
        preview=await shop.files.load(samples[0]) if samples else None,
    )


def drawn_by(training: Training, num_steps: int) -> list[str]:
    """The hashes of the sample pictures that show best what was learned by some step.

    They are the latest up to then: what came after may be what the step is preferred to.
    """
    drawn: dict[int, list[str]] = {
        int(step): hashes for step, hashes in training.pictured.get("drawn", {}).items()
    }
    if not drawn:
        return []
    return drawn[max((it for it in drawn if it <= num_steps), default=min(drawn))]


def with_drawn(training: Training, num_steps: int, hashes: list[str]) -> dict[str, list[str]]:
    """By their steps, what was drawn on the way to these; what an earlier way led to is none."""
    before = training.pictured.get("drawn", {})
    on_the_way = {step: it for step, it in before.items() if int(step) < num_steps}
    return dict([*on_the_way.items(), (str(num_steps), hashes)][-MAX_DRAWN:])


def kept_snapshots(training: Training) -> list[KeptSnapshot]:
    """Those that are still there: a run keeps only so many."""
    return [it for it in training.snapshots if Path(it.path).exists()]


def learned_files(shop: Workshop, training: Training, artifact: StoredArtifact) -> list[Learned]:
    """What there is to download, what one would rather have first: beside a model its LoRA."""
    path = shop.artifacts.path(artifact)
    if path.is_file():
        return [Learned(f"{artifact.name}{artifact.suffix}", path)]
    beside = shop.folder_of(training) / f"{training.request['name']}{LORA_BESIDE}"
    return [Learned(f"{artifact.name}{LORA_BESIDE}", beside)] if beside.is_file() else []
