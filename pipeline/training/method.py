"""What a method of training is to the loop: something that has a loss and can be saved.

Methods know models and adapters; they do not know steps, optimizers, files of a run or who asked.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from torch import Tensor, nn

from pipeline.models.model import Model
from pipeline.training.batches import Batch


@dataclass(frozen=True, slots=True)
class Learned:
    """Parameters that learn at the same rate."""

    parameters: Sequence[nn.Parameter]
    rate_share: float = 1.0  # of the learning rate
    weight_decay: float = 0.0


class Method(Protocol):
    """One way of learning from pictures."""

    model: Model  # this run's own: a method may change it
    usual_norm: float  # more than any good run comes to, far less than one at far too large a rate

    def learned(self) -> Sequence[Learned]:
        """What the optimizer moves."""

    def loss(self, batch: Batch) -> Tensor:
        """The mean loss of a batch's samples, to go backward from."""

    def after_step(self) -> None:
        """Called when the optimizer has moved what is learned."""

    def as_saved(self) -> AbstractContextManager[object]:
        """Have in place what is saved, where it is not what learns, for as long as this lasts."""

    def norm(self) -> float:
        """How large what is learned has grown, as a multiple of what it stands beside."""

    def state(self) -> Mapping[str, Tensor]:
        """Everything that a snapshot must hold to go on from here, but for the optimizer's."""

    def resume(self, state: Mapping[str, Tensor]) -> None:
        """Go on from such a state."""

    def save(self, folder: Path, stem: str, num_steps: int) -> Path:
        """Write what was learned into a folder, as a file or folder that the name leads to."""
