"""Restart sampling (Xu et al. 2023): near the end, go back up to more noise and come down again."""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import torch
from torch import Tensor

from pipeline.sampling.evaluation import Sampler
from pipeline.sampling.noise import ImageNoise
from pipeline.sampling.ode import heun_step
from pipeline.sampling.schedules import karras_between
from pipeline.sampling.settings import SamplerSettings

MIN_STEPS = 20  # with fewer there is nothing to spare for a restart
STEPS_FOR_TWO = 36
RESTART_FROM, RESTART_AT = 0.1, 2.0  # sigmas: the lower end of a restart and the upper


def restart(
    latents: Tensor, sigmas: Sequence[float], noise: ImageNoise, settings: SamplerSettings
) -> Sampler:
    """Heun's method with one or two restarts, whose steps are taken from those asked for.

    As in webui, a schedule of 20 steps or more is replaced by Karras et al.'s between its ends.
    """
    reached = sigmas[0]
    for sigma, sigma_next in steps_with_restarts(sigmas):
        if sigma > reached:
            spread = math.sqrt(sigma**2 - reached**2) * settings.s_noise
            latents = latents + noise.next().to(latents) * spread
        latents = yield from heun_step(latents, sigma, sigma_next)
        reached = sigma_next
    return latents


def steps_with_restarts(sigmas: Sequence[float]) -> Iterator[tuple[float, float]]:
    """The steps in their order, each from one sigma to another; a rise between two is a restart."""
    num_steps = len(sigmas) - 1
    if num_steps < MIN_STEPS:
        yield from pairwise(sigmas)
        return
    num_restarts = 1 if num_steps < STEPS_FOR_TWO else 2
    steps_each = 9 if num_steps < STEPS_FOR_TWO else num_steps // 4
    sigmas = karras_between(sigmas[0], sigmas[-2], num_steps - num_restarts * steps_each)
    low, high = nearest(sigmas, RESTART_FROM), nearest(sigmas, RESTART_AT)
    again = karras_between(sigmas[high], sigmas[low], steps_each + 1)[:-1]
    for step, ends in enumerate(pairwise(sigmas), start=1):
        yield ends
        if step == low and high < low:
            for _ in range(num_restarts):
                yield from pairwise(again)


def nearest(sigmas: Sequence[float], wanted: float) -> int:
    """Where in a schedule the sigma nearest to this one stands."""
    return int((torch.tensor(sigmas) - wanted).abs().argmin())
