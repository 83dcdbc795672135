"""Averages of learning weights, which are often better than the weights themselves."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

STEPS = "steps"


class Averages:
    """Exponential moving averages in float32; short runs count more of their last steps."""

    def __init__(self, parameters: Mapping[str, nn.Parameter], decay: float) -> None:
        self._parameters = parameters
        self._decay = decay
        self._steps = 0
        self._averages = {
            name: weight.detach().float().clone() for name, weight in parameters.items()
        }

    @torch.no_grad()
    def update(self) -> None:
        """Take a step's weights in."""
        self._steps += 1
        # Without it, a run of hundreds of steps would end where it began.
        decay = min(self._decay, (1 + self._steps) / (10 + self._steps))
        for name, weight in self._parameters.items():
            self._averages[name].lerp_(weight.detach().float(), 1 - decay)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Have the averages where the weights are, for as long as this lasts."""
        # In ordinary memory: the device may have no room for them a second time.
        weights = {
            name: weight.detach().to("cpu", copy=True) for name, weight in self._parameters.items()
        }
        try:
            self._put(self._averages)
            yield
        finally:
            self._put(weights)

    def state(self) -> dict[str, Tensor]:
        return self._averages | {STEPS: torch.tensor(self._steps)}

    def resume(self, state: Mapping[str, Tensor]) -> None:
        self._steps = int(state[STEPS])
        for name, average in self._averages.items():
            average.copy_(state[name])

    @torch.no_grad()
    def _put(self, weights: Mapping[str, Tensor]) -> None:
        for name, weight in self._parameters.items():
            weight.copy_(weights[name])
