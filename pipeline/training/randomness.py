"""Everything random in training, from the run's seed and the number of what it is for.

Nothing is carried from one step to the next, so a run that was stopped and one that was not see
the same noise, and so do runs whose memory holds batches of different sizes.
"""

import hashlib
import random
from contextlib import ExitStack
from types import TracebackType

import torch
from torch import Tensor


def number_for(seed: int, purpose: str, number: int) -> int:
    """63 bits that depend on all three and look like nothing."""
    digest = hashlib.sha256(f"{seed} {purpose} {number}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def tensor_source(seed: int, purpose: str, number: int) -> torch.Generator:
    """A source of tensors; on the CPU, so that every device sees the same."""
    return torch.Generator().manual_seed(number_for(seed, purpose, number))


def choice_source(seed: int, purpose: str, number: int) -> random.Random:
    """A source of choices."""
    return random.Random(number_for(seed, purpose, number))


def picture_of(sample: int, num_pictures: int, seed: int) -> int:
    """Which picture a sample shows: every epoch all of them, in an order of its own."""
    epoch, place = divmod(sample, num_pictures)
    order = list(range(num_pictures))
    choice_source(seed, "order", epoch).shuffle(order)
    return order[place]


class OwnRandomness:
    """While it is entered, torch draws from a number alone, and leaves what others draw untouched.

    Entered again, it goes on where it was left.
    """

    def __init__(self, number: int, device: torch.device) -> None:
        self._number = number
        self._gpus = [device] if device.type == "cuda" else []
        self._states: list[Tensor] = []  # the processor's, then the GPU's
        self._outside = ExitStack()

    def __enter__(self) -> None:
        self._outside.enter_context(torch.random.fork_rng(self._gpus))
        if not self._states:
            torch.manual_seed(self._number)
            return
        torch.set_rng_state(self._states[0])
        for gpu, state in zip(self._gpus, self._states[1:], strict=True):
            torch.cuda.set_rng_state(state, gpu)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        on_gpus = (torch.cuda.get_rng_state(gpu) for gpu in self._gpus)
        self._states = [torch.get_rng_state(), *on_gpus]
        self._outside.close()
