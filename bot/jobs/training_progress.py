"""What is known of a training while it runs: the sum of what it has said. Nothing is awaited."""

import time
from collections import deque
from collections.abc import Callable

from bot.replies.training_reply import Stage, TrainingStatus
from pipeline import (
    ClassPictures,
    FurnaceReport,
    LossPlot,
    SamplePictures,
    TrainingNews,
    TrainingNote,
    TrainingProgress,
    Waiting,
)

NUM_NOTES = 3  # that are shown, the latest
SMOOTHING = 0.1  # a step's share in the loss that is shown; one step alone says little


class Heard:
    """One life of a training, as far as it was heard of."""

    def __init__(
        self, num_done: int, num_total: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.num_done = num_done
        self.num_total = num_total
        self.report: FurnaceReport | None = None
        self.plot: bytes | None = None
        self.samples: tuple[bytes, ...] = ()
        self._clock = clock
        self._waiting: Waiting | None = None
        self._class_pictures: ClassPictures | None = None
        self._loss: float | None = None
        self._notes: deque[str] = deque(maxlen=NUM_NOTES)
        self._begun: tuple[int, float] | None = None  # the first step heard of, and when
        self._seconds_a_step: float | None = None

    def hear(self, event: Waiting | TrainingNews) -> None:
        """Take in what it says."""
        # Whatever else it says, a worker says: long before the first step, it may be at work.
        self._waiting = event if isinstance(event, Waiting) else None
        self._class_pictures = event if isinstance(event, ClassPictures) else None
        match event:
            case Waiting():
                self._begun = None
            case TrainingProgress():
                self._step(event)
            case TrainingNote(text=text):
                self._notes.append(text)
            case FurnaceReport():
                self.report = event
            case LossPlot(png=png):
                self.plot = png
            case SamplePictures(pictures=pictures):
                self.samples = pictures

    def status(self, stage: Stage | None = None) -> TrainingStatus:
        """How far it is; a stage is given where it is at rest."""
        left = self.num_total - self.num_done
        return TrainingStatus(
            stage=stage or (Stage.WAITING if self._waiting else Stage.RUNNING),
            num_done=self.num_done,
            num_total=self.num_total,
            waiting=self._waiting,
            loss=self._loss,
            seconds_left=self._seconds_a_step and left * self._seconds_a_step,
            class_pictures=self._class_pictures,
            notes=tuple(self._notes),
            report=self.report,
            plot=self.plot,
            samples=self.samples,
        )

    def _step(self, event: TrainingProgress) -> None:
        now = self._clock()
        self.num_done, self.num_total = event.num_done, event.num_total
        share = 1.0 if self._loss is None else SMOOTHING
        self._loss = event.loss * share + (self._loss or 0.0) * (1 - share)
        if self._begun is None or self._begun[0] >= event.num_done:
            self._begun = event.num_done, now
        else:
            first, since = self._begun
            self._seconds_a_step = (now - since) / (event.num_done - first)
