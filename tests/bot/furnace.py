"""A small furnace in place of workers: it takes steps as far as it is let, and keeps snapshots."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from io import BytesIO
from pathlib import Path
from typing import TypeAlias

from PIL import Image

from pipeline import (
    Artifact,
    Cancelled,
    FurnaceReport,
    GenerationProgress,
    LossPlot,
    Order,
    SamplePictures,
    TrainingNews,
    TrainingNote,
    TrainingProgress,
    TrainingRequest,
    Verdict,
    Waiting,
)

Run: TypeAlias = AsyncGenerator[Waiting | TrainingNews, None]


def picture(shade: int) -> bytes:
    """A PNG of one colour."""
    written = BytesIO()
    Image.new("RGB", (64, 64), (shade, shade, shade)).save(written, "PNG")
    return written.getvalue()


class Furnace:
    """Runs of training; what is on disk outlasts one, as with real ones."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.submitted: list[TrainingRequest] = []
        self.orders: list[tuple[str, Order]] = []
        self.verdicts: dict[int, Verdict] = {}  # by step
        self.error: Exception | None = None
        self.goes_back_to: int | None = None  # the step of the snapshot that a run ends with
        self._limit = 0
        self._num_ended = 0
        self._stopped: set[str] = set()
        self._finishing: set[str] = set()
        self._running: dict[str, TrainingProgress] = {}
        self._changed = asyncio.Condition()

    @property
    def known(self) -> set[str]:
        """The ids of all that was ever handed in."""
        return {it.id for it in self.submitted}

    async def let(self, step: int) -> None:
        """Let every run get so far."""
        async with self._changed:
            self._limit = step
            self._changed.notify_all()

    async def reach(self, step: int) -> None:
        """The same, and come back when one is there, or has ended."""
        num_ended = self._num_ended
        await self.let(step)
        async with self._changed, asyncio.timeout(20):
            await self._changed.wait_for(
                lambda: self.furthest >= step or self._num_ended > num_ended
            )

    @property
    def furthest(self) -> int:
        return max((it.num_done for it in self._running.values()), default=0)

    async def submit(self, request: TrainingRequest) -> Run:
        self.submitted.append(request)
        self._stopped.discard(request.id)
        yield Waiting(request.id, 1, 4.5)
        folder = self._folder / request.id
        folder.mkdir(parents=True, exist_ok=True)
        step = self._start(folder, request)
        if step:
            yield TrainingNote(request.id, f"Going on after step {step}.")
        else:
            yield SamplePictures(request.id, 0, (picture(0),))
        try:
            while step < request.num_steps and request.id not in self._finishing:
                await self._wait_to_go_past(step, request.id)
                if request.id in self._stopped:
                    raise Cancelled
                if request.id in self._finishing:
                    break
                step += 1
                self._running[request.id] = TrainingProgress(
                    request.id, step, request.num_steps, 0.5, 0.01
                )
                yield self._running[request.id]
                if step % request.snapshot_every == 0:
                    path = _save(folder, request, f"{request.name}-{step}", b"learned")
                    (folder / "step").write_text(str(step))
                    yield Artifact(request.id, request.method.folder, path, step, is_final=False)
                    verdict = self.verdicts.get(step, "learning")
                    yield FurnaceReport(
                        request.id, step, verdict, "So it looks.", 0.5, None, 1.0, 1.0, True
                    )
                    yield SamplePictures(request.id, step, (picture(step),))
                if self.error:
                    raise self.error
        finally:
            (folder / "step").write_text(str(step))
            self._running.pop(request.id, None)
            self._num_ended += 1
            self._notify()
        yield LossPlot(request.id, step, picture(255))
        path = _save(folder, request, request.name, b"learned well")
        step = self.goes_back_to or step
        yield Artifact(request.id, request.method.folder, path, step, is_final=True)

    def cancel(self, request_id: str) -> bool:
        self._stopped.add(request_id)
        self._notify()
        return True

    def order(self, request_id: str, order: Order) -> bool:
        self.orders.append((request_id, order))
        if request_id in self._running and order == "finish":
            self._finishing.add(request_id)
            self._notify()
        return request_id in self._running

    def outlook(self) -> Sequence[GenerationProgress | TrainingProgress | Waiting]:
        return list(self._running.values())

    def _start(self, folder: Path, request: TrainingRequest) -> int:
        if request.resume_from is not None:
            return request.resume_from
        return int((folder / "step").read_text()) if (folder / "step").exists() else 0

    async def _wait_to_go_past(self, step: int, request_id: str) -> None:
        async with self._changed:
            self._changed.notify_all()
            await self._changed.wait_for(
                lambda: step < self._limit or request_id in self._stopped | self._finishing
            )

    def _notify(self) -> None:
        async def notify() -> None:
            async with self._changed:
                self._changed.notify_all()

        self._notification = asyncio.create_task(notify())


def _save(folder: Path, request: TrainingRequest, stem: str, content: bytes) -> Path:
    """What was learned: a file; of DreamBooth a folder, and a LoRA beside it."""
    if request.method.kind != "dreambooth":
        path = folder / f"{stem}.pt"
        path.write_bytes(content)
        return path
    (folder / stem).mkdir(exist_ok=True)
    (folder / stem / "model_index.json").write_bytes(content)
    (folder / f"{stem}-lora.safetensors").write_bytes(content)
    return folder / stem
