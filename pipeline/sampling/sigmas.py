"""Noise levels: which sigmas a model was trained at, and which of them an image visits.

The arithmetic is float32 where the reference's is, so that the schedules agree to the last digits.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import TypeAlias

import torch
from torch import Tensor

KARRAS_RHO = 7.0  # Karras et al. 2022, Equation 5


class NoiseLevels:
    """The sigma of each of a model's training timesteps, and the way from one to the other."""

    def __init__(self, alphas_cumprod: Tensor) -> None:
        alphas = alphas_cumprod.detach().to("cpu", torch.float32)
        self.sigmas = ((1 - alphas) / alphas).sqrt()
        self._log_sigmas = self.sigmas.log()
        self._ascending_logs = [math.log(sigma) for sigma in self.sigmas.tolist()]

    @property
    def num_timesteps(self) -> int:
        return len(self._ascending_logs)

    @property
    def sigma_min(self) -> float:
        return float(self.sigmas[0])

    @property
    def sigma_max(self) -> float:
        return float(self.sigmas[-1])

    def timestep(self, sigma: float) -> float:
        """The timestep, rarely a whole number, at which the model expects noise of this level."""
        logs = self._ascending_logs
        wanted = math.log(sigma)
        low = min(max(bisect_right(logs, wanted) - 1, 0), len(logs) - 2)
        position = (wanted - logs[low]) / (logs[low + 1] - logs[low])
        return low + min(max(position, 0.0), 1.0)

    def sigma(self, timestep: float) -> float:
        """The noise level at a timestep; between whole timesteps log(sigma) is linear."""
        return float(self.sigmas_at(torch.tensor([timestep]))[0])

    def sigmas_at(self, timesteps: Tensor) -> Tensor:
        """The noise levels at many timesteps at once."""
        timesteps = timesteps.float()
        low, high, share = timesteps.floor().long(), timesteps.ceil().long(), timesteps.frac()
        return ((1 - share) * self._log_sigmas[low] + share * self._log_sigmas[high]).exp()


NoiseSchedule: TypeAlias = Callable[[NoiseLevels, int], list[float]]
"""From a model's noise levels and a number of steps to that many sigmas, descending, and a 0."""


def uniform(levels: NoiseLevels, num_steps: int) -> list[float]:
    """Timesteps evenly from the last to the first."""
    timesteps = torch.linspace(levels.num_timesteps - 1, 0, num_steps)
    return [*levels.sigmas_at(timesteps).tolist(), 0.0]


def karras(levels: NoiseLevels, num_steps: int) -> list[float]:
    """Karras et al. 2022: closer together where there is little noise left."""
    ramp = torch.linspace(0, 1, num_steps)
    first, last = levels.sigma_max ** (1 / KARRAS_RHO), levels.sigma_min ** (1 / KARRAS_RHO)
    return [*((first + ramp * (last - first)) ** KARRAS_RHO).tolist(), 0.0]


SCHEDULES: Mapping[str, NoiseSchedule] = {"uniform": uniform, "karras": karras}
