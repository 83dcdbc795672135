"""What is said of a run of training: no more often than anybody can look, and with a plot."""

import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from pipeline.results import LossPlot, TrainingNews, TrainingProgress
from pipeline.training.loss_plot import plot_loss
from pipeline.training_request import TrainingRequest

logger = logging.getLogger(__name__)

PROGRESS_INTERVAL = 0.25  # seconds
PLOT_INTERVAL = 20.0  # seconds


class Bulletin:
    """The news of one run."""

    def __init__(
        self,
        request: TrainingRequest,
        folder: Path,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._request = request
        self._log = folder / f"{request.method.kind}_loss.csv"
        self._picture = folder / "loss.png"
        self._now = now
        self._progress_at = -PROGRESS_INTERVAL
        self._plotted_at = now()
        self._plotted: int | None = None  # steps
        self._unsaid: TrainingProgress | None = None
        self._num_done = 0

    def news(self, event: TrainingNews) -> Iterator[TrainingNews]:
        """What is to be said when this has happened."""
        if not isinstance(event, TrainingProgress):
            yield from self.rest()
            yield event
            return
        self._num_done = event.num_done
        self._unsaid = event
        if self._now() - self._progress_at >= PROGRESS_INTERVAL:
            yield from self.rest()
        if self._now() - self._plotted_at >= PLOT_INTERVAL:
            yield from self.plot()

    def rest(self) -> Iterator[TrainingNews]:
        """What is still unsaid of the steps."""
        if self._unsaid:
            yield self._unsaid
            self._unsaid, self._progress_at = None, self._now()

    def plot(self) -> Iterator[LossPlot]:
        """How the loss went so far, if there is anything new to be seen and it can be drawn."""
        self._plotted_at = self._now()
        if self._num_done == self._plotted:
            return
        try:
            drawn = self._picture.read_bytes() if plot_loss(self._log, self._picture) else None
        except (OSError, TypeError, ValueError):  # of a full disk, or a log that one cut off
            logger.exception("the losses of %s cannot be drawn", self._request.id)
            return
        if drawn:
            self._plotted = self._num_done
            yield LossPlot(self._request.id, self._num_done, drawn)
