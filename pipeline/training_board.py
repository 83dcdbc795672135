"""A run as TensorBoard shows it: `tensorboard --logdir RUN/tensorboard`.

The loss of every step, its learning rate, what the watch saw, and sample pictures.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from pipeline.errors import InvalidRequest
from pipeline.results import FurnaceReport, SamplePictures, TrainingNews, TrainingProgress

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter


class Board:
    """Writes down what a run tells; what a resumed run takes back is taken back here as well."""

    def __init__(self, folder: Path) -> None:
        """Raises `InvalidRequest` where TensorBoard is not installed."""
        try:
            import tensorboard  # noqa: F401
        except ImportError as error:
            raise InvalidRequest(
                "`--tensorboard` needs TensorBoard: `.venv/bin/pip install '.[train]'`."
            ) from error
        self._folder = folder
        self._writer: SummaryWriter | None = None

    def show(self, event: TrainingNews) -> None:
        """Write down what there is to see of an event."""
        match event:
            case TrainingProgress(num_done=step):
                self._add(step, {"loss": event.loss, "learn_rate": event.learning_rate})
            case FurnaceReport(num_done=step):
                seen = {
                    "watch/train_loss": event.train_loss,
                    "watch/held_out_loss": event.held_out_loss,
                    "watch/norm": event.norm,
                    "watch/variety": event.variety,
                }
                self._add(step, {tag: it for tag, it in seen.items() if it is not None})
            case SamplePictures(num_done=step):
                for place, png in enumerate(event.pictures):
                    pixels = np.asarray(Image.open(BytesIO(png)).convert("RGB"))
                    self._at(step).add_image(f"samples/{place}", pixels, step, dataformats="HWC")

    def close(self) -> None:
        """Write down what is left."""
        if self._writer:
            self._writer.close()

    def _add(self, step: int, numbers: dict[str, float]) -> None:
        for tag, number in numbers.items():
            self._at(step).add_scalar(tag, number, step)

    def _at(self, step: int) -> SummaryWriter:
        if self._writer is None:
            from torch.utils.tensorboard import SummaryWriter

            self._writer = SummaryWriter(str(self._folder), purge_step=step)
        return self._writer
