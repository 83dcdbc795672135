"""A run of training without torch: a step is a nap, and the name of what is trained is an order."""

from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.results import (
    Artifact,
    Finished,
    Order,
    SamplePictures,
    TrainingNews,
    TrainingNote,
    TrainingProgress,
)
from pipeline.training_request import TrainingRequest


class SleepyTraining:
    """Counts its steps; its snapshots are files that hold how many there were."""

    def __init__(self, request: TrainingRequest, past: Path) -> None:
        self.request = request
        self.orders: deque[Order] = deque()
        self.has_ended = False
        self._snapshot = past / f"snapshot {request.id}"
        self._num_done = int(self._snapshot.read_text()) if self._snapshot.exists() else 0
        self._is_resumed = self._num_done > 0

    def due_order(self) -> Sequence[str]:
        """What is to be obeyed now."""
        is_middle = self._num_done == self.request.num_steps // 2
        return self.request.name.split() if is_middle else []

    def save(self) -> None:
        """Leave a snapshot."""
        self._snapshot.write_text(str(self._num_done))

    def step(self) -> Iterator[TrainingNews | Finished]:
        """Take a step, and end after the last."""
        request, total = self.request, self.request.num_steps
        if self._is_resumed:
            yield TrainingNote(request.id, f"Going on after step {self._num_done:,}.")
            self._is_resumed = False
        self._num_done += 1
        yield TrainingProgress(request.id, self._num_done, total, 0.5, 0.1)
        if request.snapshot_every and self._num_done % request.snapshot_every == 0:
            self.save()
        order = self.orders.popleft() if self.orders else None
        if order == "sample":
            yield SamplePictures(request.id, self._num_done, (b"a sample",))
        if order == "finish" or self._num_done == total:
            self.has_ended = True
            yield Artifact(request.id, "embeddings", Path("learned.pt"), self._num_done, True)
            yield Finished(request.id)
