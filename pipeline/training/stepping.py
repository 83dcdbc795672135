"""One step of training: the gradients of all its samples, in portions that fit into memory.

It knows no run: which step it is and how fast it learns, it is told.
"""

import logging
import math
from collections.abc import Generator

import torch

from pipeline.errors import OutOfMemory
from pipeline.learning_rates import parse_schedule, rates_by_step
from pipeline.results import RoomMade, RoomWanted, StepPart, TrainingNote
from pipeline.training.batches import Batches
from pipeline.training.method import Method
from pipeline.training.optimization import Optimization
from pipeline.training.randomness import OwnRandomness, number_for
from pipeline.training_request import TrainingRequest

logger = logging.getLogger(__name__)


class Stepper:
    """Takes a method's steps, and remembers how much of a batch memory holds at once."""

    def __init__(
        self,
        request: TrainingRequest,
        method: Method,
        batches: Batches,
        optimization: Optimization,
    ) -> None:
        self.request = request
        self.method = method
        self.batches = batches
        self.optimization = optimization
        limits = parse_schedule(request.clip_limit, request.num_steps)
        self.clip_limits = rates_by_step(limits, request.num_steps)
        self.portion = request.batch_size  # samples that memory holds at once

    def step(
        self, num_done: int, rate: float
    ) -> Generator[TrainingNote | StepPart | RoomWanted, RoomMade | None, float]:
        """The step after so many, again in smaller portions where memory ends; returns its loss.

        A loss that is no number moves nothing. Raises `OutOfMemory` where nothing smaller is left
        to try, and nobody has any room to give.
        """
        while True:
            try:
                loss = yield from self.gradients(num_done)
                break
            except torch.OutOfMemoryError:
                self.optimization.forget()
                logger.warning("step %d in portions of %d does not fit", num_done + 1, self.portion)
            # Outside of `except`: until it ends, the error holds on to what the step computed.
            torch.cuda.empty_cache()
            if shrunk := self.shrunk(num_done + 1):
                yield TrainingNote(self.request.id, shrunk)
            elif not (yield RoomWanted(self.request.id)):
                raise OutOfMemory(self.too_large(num_done + 1))
        if math.isfinite(loss):
            limit = self.clip_limits[min(num_done, len(self.clip_limits) - 1)]
            self.optimization.step(rate, limit)
            self.method.after_step()
        return loss

    def gradients(self, num_done: int) -> Generator[StepPart, None, float]:
        """Gather the gradients of all of a step's samples; returns their mean loss.

        Between two portions others may have the device.
        """
        total, randomness = 0.0, self.own_randomness(num_done)
        for number, batch in enumerate(self.batches.portions(num_done, self.portion)):
            if number:
                yield StepPart(self.request.id)
            with randomness:
                loss = self.method.loss(batch) * (len(batch) / self.request.samples_per_step)
                self.optimization.backward(loss)
                total += loss.item()
        return total

    def own_randomness(self, num_done: int) -> OwnRandomness:
        """Lets what torch draws by itself, as for drop-out, depend on the step alone."""
        number = number_for(self.request.seed, "step", num_done)
        return OwnRandomness(number, self.method.model.device)

    def shrunk(self, step: int) -> str | None:
        """Take less at once from now on, and say so; None where that is not possible."""
        unet = self.method.model.unet
        if self.portion > 1:
            self.portion = (self.portion + 1) // 2
            pictures = "1 picture" if self.portion == 1 else f"{self.portion} pictures"
            return (
                f"Memory ran out at step {step:,}: going on with {pictures} at once "
                f"and more portions; a step still learns from {self.request.samples_per_step}."
            )
        if not unet.is_gradient_checkpointing:
            unet.enable_gradient_checkpointing()
            return (
                f"Memory ran out at step {step:,}: going on with gradient checkpointing, which is "
                "slower and learns the same."
            )
        return None

    def too_large(self, step: int) -> str:
        return (
            f"Memory ran out at step {step:,}, even with one picture at once: try a smaller "
            f"training size than {self.request.width} x {self.request.height}."
        )

    @torch.no_grad()
    def has_finite_loss(self, num_done: int) -> bool:
        """Whether the next step could learn: weights may be finite and yet of no use."""
        try:
            with self.own_randomness(num_done):
                batch = next(self.batches.portions(num_done, self.portion))
                return math.isfinite(self.method.loss(batch).item())
        except torch.OutOfMemoryError:
            return True  # others have that memory now; they must not cost a run its snapshot
