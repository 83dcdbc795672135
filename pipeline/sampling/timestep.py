"""Samplers that walk the training timesteps and ask for noise: DDIM, DDIM CFG++ and PLMS.

Their latents keep a spread of 1 and start as bare noise. As in the reference the last of the
levels is where they end and is never evaluated, so there is one update fewer than levels.
"""

import math
from collections import deque
from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor

from pipeline.sampling.evaluation import Evaluation, Sampler, Scaling
from pipeline.sampling.noise import ImageNoise
from pipeline.sampling.settings import SamplerSettings
from pipeline.sampling.sigmas import Level

CFGPP_SCALE = 12.5  # the guidance scale that stands for CFG++'s 1
# Adams-Bashforth: how the latest estimates of the noise count together, the latest first.
BASHFORTH = ((3 / 2, -1 / 2), (23 / 12, -16 / 12, 5 / 12), (55 / 24, -59 / 24, 37 / 24, -9 / 24))


def ddim(
    latents: Tensor, levels: Sequence[Level], noise: ImageNoise, settings: SamplerSettings
) -> Sampler:
    """Denoising diffusion implicit models (Song et al. 2020, Equation 12)."""
    for level, level_next in pairwise(levels):
        epsilon = yield Evaluation(latents, level.sigma, level.timestep, Scaling.VP)
        spread = noise_share(level, level_next, settings.eta)
        latents = moved(latents, epsilon, epsilon, level, level_next, spread)
        latents = latents + noise.next().to(latents) * spread
    return latents


def ddim_cfgpp(
    latents: Tensor, levels: Sequence[Level], noise: ImageNoise, settings: SamplerSettings
) -> Sampler:
    """CFG++ (Chung et al. 2024): guided to the picture, unguided back to the noise."""
    for level, level_next in pairwise(levels):
        answer = yield Evaluation(
            latents,
            level.sigma,
            level.timestep,
            Scaling.VP,
            guidance_share=1 / CFGPP_SCALE,
            wants_unconditional=True,
        )
        guided, unconditional = answer.split(1)
        spread = noise_share(level, level_next, settings.eta)
        latents = moved(latents, guided, unconditional, level, level_next, spread)
        latents = latents + noise.next().to(latents) * spread
    return latents


def plms(
    latents: Tensor, levels: Sequence[Level], noise: ImageNoise, settings: SamplerSettings
) -> Sampler:
    """Pseudo linear multistep (Liu et al. 2022); the first step takes two calls."""
    past: deque[Tensor] = deque(maxlen=len(BASHFORTH))  # the latest first
    for level, level_next in pairwise(levels):
        epsilon = yield Evaluation(latents, level.sigma, level.timestep, Scaling.VP)
        if past:
            weights = BASHFORTH[len(past) - 1]
            known = zip(weights, (epsilon, *past), strict=True)
            estimate = sum((weight * each for weight, each in known), epsilon.new_zeros(()))
        else:
            guess = moved(latents, epsilon, epsilon, level, level_next)
            there = yield Evaluation(guess, level_next.sigma, level_next.timestep, Scaling.VP)
            estimate = (epsilon + there) / 2
        latents = moved(latents, estimate, estimate, level, level_next)
        past.appendleft(epsilon)
    return latents


def noise_share(level: Level, level_next: Level, eta: float) -> float:
    """How much fresh noise a step ends with (Song et al. 2020, Equation 16)."""
    kept, kept_next = kept_at(level), kept_at(level_next)
    return eta * math.sqrt((1 - kept_next) / (1 - kept) * (1 - kept / kept_next))


def moved(
    latents: Tensor,
    epsilon: Tensor,
    direction: Tensor,
    level: Level,
    level_next: Level,
    spread: float = 0.0,
) -> Tensor:
    """Latents a step on: to the picture along one noise, back along another, less some to come."""
    kept, kept_next = kept_at(level), kept_at(level_next)
    clean = (latents - math.sqrt(1 - kept) * epsilon) / math.sqrt(kept)
    return math.sqrt(kept_next) * clean + math.sqrt(1 - kept_next - spread**2) * direction


def kept_at(level: Level) -> float:
    """The share of the picture in the variance at a level: alpha bar."""
    return 1 / (1 + level.sigma**2)
