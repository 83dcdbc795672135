"""What a training needs around it: who trains, where files lie, and what a row stands for."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from bot.jobs.training_queue import TrainingQueue
from bot.locales import Texts
from bot.records.files import PictureFiles
from bot.records.models import StoredArtifact, Training
from bot.replies.training_reply import TrainingReply
from pipeline import (
    ArtifactKind,
    Order,
    TrainingNews,
    TrainingPicture,
    TrainingRequest,
    Waiting,
)

KINDS: dict[str, ArtifactKind] = {
    "textual_inversion": "embedding",
    "hypernetwork": "hypernetwork",
    "lora": "lora",
    "aesthetic": "aesthetic",
    "dreambooth": "checkpoint",
}
"""What each method of training makes."""


class TrainingStream(AsyncIterator[Waiting | TrainingNews], Protocol):
    """What happens to one training; leaving it closes the run, which keeps a snapshot."""

    async def aclose(self) -> None:
        """Leave it."""


class TrainingPipeline(Protocol):
    """What trains."""

    def submit(self, request: TrainingRequest) -> TrainingStream:
        """Queue a training, from this moment on; it goes on where its folder says."""

    def cancel(self, request_id: str) -> bool:
        """Close a run; its stream raises `Cancelled`."""

    def order(self, request_id: str, order: Order) -> bool:
        """Tell a run that is worked on; False where there is none."""


class Keeper(Protocol):
    """Where what was learned is put."""

    async def keep(
        self,
        *,
        owner_id: int,
        name: str,
        kind: ArtifactKind,
        path: Path,
        base: str | None,
        card: Mapping[str, Any],
    ) -> StoredArtifact:
        """Keep a file or folder as its owner's, in place of what they kept of the name before."""


MakeReply = Callable[[Training, bool], TrainingReply]
"""Of a training, and whether something of it may have been posted already."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """All that a training needs."""

    queue: TrainingQueue
    pipeline: TrainingPipeline
    files: PictureFiles
    artifacts: Keeper
    texts: Texts
    make_reply: MakeReply
    folder: Path  # in which each run has its own


async def request_of(
    shop: Workshop, training: Training, changes: Mapping[str, Any] | None = None
) -> TrainingRequest:
    """The request with its pictures, which its row only names. Raises `InvalidRequest`."""
    pictures = [
        TrainingPicture(content=await shop.files.load(it.file_hash), caption=it.caption)
        for it in training.pictures
    ]
    return TrainingRequest(**training.request | dict(changes or {}), pictures=tuple(pictures))


async def keep(shop: Workshop, training: Training, path: Path, num_steps: int) -> str:
    """Put what was learned by some step among its owner's artifacts; returns the artifact's id."""
    request = training.request
    stored = await shop.artifacts.keep(
        owner_id=training.user_id,
        name=request["name"],
        kind=KINDS[request["method"]["kind"]],
        path=path,
        base=request["model"],
        card={"method": request["method"], "num_steps": num_steps, "training": training.id},
    )
    return stored.id


def learned_files(folder: Path, training: Training) -> list[Path]:
    """What a run left, in the order in which one would have it: of a model, the LoRA beside it."""
    name = training.request["name"]
    whole = [path for path in sorted(folder.glob(f"{name}.*")) if path.is_file()]
    return [*whole, *sorted(folder.glob(f"{name}-lora.safetensors"))]
