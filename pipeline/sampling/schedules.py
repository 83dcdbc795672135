"""Noise schedules: which of a model's noise levels an image visits.

Each goes from a model's noise levels and a number of steps to sigmas, descending. Most give that
many and a 0; some, as in the reference, stop short of 0 or take a few more. The arithmetic is
float32 where the reference's is.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import numpy as np
import torch
from scipy.stats import beta as beta_distribution
from torch import Tensor

from pipeline.sampling.sigmas import NoiseLevels

NoiseSchedule: TypeAlias = Callable[[NoiseLevels, int], list[float]]

KARRAS_RHO = 7.0  # Karras et al. 2022, Equation 5
OLD_KARRAS_ENDS = 10.0, 0.1  # what webui took for a model's range at first
BETA_SHAPE = 0.6, 0.6
# Sabour et al. 2024: sigmas of 10 steps that suit a family of models best.
SD1_STEPS = (14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152, 0.029)
SDXL_STEPS = (14.615, 6.315, 3.771, 2.181, 1.342, 0.862, 0.555, 0.380, 0.234, 0.113, 0.029)


def uniform(levels: NoiseLevels, num_steps: int) -> list[float]:
    """Timesteps evenly from the last to the first."""
    return to_zero(levels.sigmas_at(torch.linspace(levels.num_timesteps - 1, 0, num_steps)))


def sgm_uniform(levels: NoiseLevels, num_steps: int) -> list[float]:
    """Timesteps evenly from the last, the first left out."""
    timesteps = torch.linspace(levels.num_timesteps - 1, 0, num_steps + 1)
    return to_zero(levels.sigmas_at(timesteps[:-1]))


def karras(levels: NoiseLevels, num_steps: int) -> list[float]:
    """Karras et al. 2022: closer together where there is little noise left."""
    return karras_between(levels.sigma_max, levels.sigma_min, num_steps)


def old_karras(levels: NoiseLevels, num_steps: int) -> list[float]:
    """Karras et al.'s schedule as webui first had it, whatever the model's range is."""
    return karras_between(*OLD_KARRAS_ENDS, num_steps)


def karras_between(highest: float, lowest: float, num_steps: int) -> list[float]:
    """Karras et al.'s schedule between two sigmas, and a 0."""
    ramp = torch.linspace(0, 1, num_steps)
    first, last = highest ** (1 / KARRAS_RHO), lowest ** (1 / KARRAS_RHO)
    return to_zero((first + ramp * (last - first)) ** KARRAS_RHO)


def exponential(levels: NoiseLevels, num_steps: int) -> list[float]:
    """Evenly in log(sigma)."""
    ends = math.log(levels.sigma_max), math.log(levels.sigma_min)
    return to_zero(torch.linspace(*ends, num_steps).exp())


def polyexponential(levels: NoiseLevels, num_steps: int) -> list[float]:
    """A power of an even ramp in log(sigma); the power is 1, which makes it the exponential one."""
    first, last = math.log(levels.sigma_max), math.log(levels.sigma_min)
    return to_zero((torch.linspace(1, 0, num_steps) * (first - last) + last).exp())


def kl_optimal(levels: NoiseLevels, num_steps: int) -> list[float]:
    """Sabour et al. 2024, Equation 18: evenly in the angle; it ends at the lowest sigma, not 0."""
    lowest, highest = torch.tensor([levels.sigma_min, levels.sigma_max]).arctan()
    share = torch.arange(num_steps + 1) / num_steps
    sigmas: list[float] = (share * lowest + (1 - share) * highest).tan().tolist()
    return sigmas


def align_your_steps(levels: NoiseLevels, num_steps: int) -> list[float]:
    """Sabour et al. 2024's table for Stable Diffusion 1."""
    return interpolated(SD1_STEPS, num_steps)


def align_your_steps_sdxl(levels: NoiseLevels, num_steps: int) -> list[float]:
    """Sabour et al. 2024's table for Stable Diffusion XL."""
    return interpolated(SDXL_STEPS, num_steps)


def interpolated(table: Sequence[float], num_steps: int) -> list[float]:
    """So many sigmas along a table of them, linear in log(sigma), and a 0."""
    wanted, known = np.linspace(0, 1, num_steps), np.linspace(0, 1, len(table))
    # From the low end, as in the reference: a single step stands there, not at the high one.
    logs = np.interp(wanted, known, np.log(table[::-1]))[::-1].copy()
    return to_zero(torch.from_numpy(logs).exp().float())


def simple(levels: NoiseLevels, num_steps: int) -> list[float]:
    """Every so manieth of the model's sigmas from the highest."""
    stride = levels.num_timesteps / num_steps
    return to_zero(levels.sigmas[[-(1 + int(step * stride)) for step in range(num_steps)]])


def ddim_uniform(levels: NoiseLevels, num_steps: int) -> list[float]:
    """The timesteps of DDIM: a whole number apart from 1 on, so there may be a few more."""
    stride = max(levels.num_timesteps // num_steps, 1)
    return to_zero(levels.sigmas[1::stride].flip(0))


def beta(levels: NoiseLevels, num_steps: int) -> list[float]:
    """Lee et al. 2024: sigmas placed by a beta distribution, dense at both ends."""
    shares = beta_distribution.ppf(1 - np.linspace(0, 1, num_steps), *BETA_SHAPE)
    span = levels.sigma_max - levels.sigma_min
    return to_zero(torch.from_numpy(levels.sigma_min + shares * span).float())


def end_to_end(levels: NoiseLevels, num_steps: int) -> list[float]:
    """From the highest sigma to the lowest, for samplers that choose those between themselves."""
    sigmas: list[float] = np.geomspace(levels.sigma_max, levels.sigma_min, num_steps + 1).tolist()
    return sigmas


def to_zero(sigmas: Tensor) -> list[float]:
    """Sigmas as numbers, and a 0 after them."""
    return [*sigmas.tolist(), 0.0]


def without_penultimate(sigmas: Sequence[float]) -> list[float]:
    """A schedule without the sigma before its last."""
    return [*sigmas[:-2], sigmas[-1]]


SCHEDULES: Mapping[str, NoiseSchedule] = {
    "uniform": uniform,
    "karras": karras,
    "exponential": exponential,
    "polyexponential": polyexponential,
    "sgm_uniform": sgm_uniform,
    "kl_optimal": kl_optimal,
    "align_your_steps": align_your_steps,
    "align_your_steps_sdxl": align_your_steps_sdxl,
    "simple": simple,
    "normal": uniform,  # another name for the same timesteps
    "ddim": ddim_uniform,
    "beta": beta,
    "old_karras": old_karras,
}
