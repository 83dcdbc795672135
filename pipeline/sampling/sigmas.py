"""Noise levels: which sigmas a model was trained at, and the timesteps they belong to.

The arithmetic is float32 where the reference's is, so that the schedules agree to the last digits.
"""

import math
from bisect import bisect_right
from typing import NamedTuple

import torch
from torch import Tensor


class Level(NamedTuple):
    """A noise level under both of its names."""

    sigma: float
    timestep: float


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

    def levels_at(self, timesteps: Tensor) -> list[Level]:
        """Both names of the levels at many timesteps; at whole ones the very sigmas trained at."""
        whole = timesteps.float().frac() == 0
        sigmas = torch.where(
            whole, self.sigmas[timesteps.floor().long()], self.sigmas_at(timesteps)
        )
        return list(map(Level, sigmas.tolist(), timesteps.tolist()))
