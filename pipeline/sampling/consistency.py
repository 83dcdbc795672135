"""LCM, for models distilled to jump from any noise straight to the picture (Luo et al. 2023)."""

import math
from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor

from pipeline.sampling.evaluation import Evaluation, Sampler
from pipeline.sampling.noise import ImageNoise
from pipeline.sampling.settings import SamplerSettings
from pipeline.sampling.sigmas import Level

DATA_SPREAD = 0.5
TIMESTEP_SCALING = 10.0


def lcm(
    latents: Tensor, levels: Sequence[Level], noise: ImageNoise, settings: SamplerSettings
) -> Sampler:
    """Jump to the picture, put the next level's noise on it, and jump again."""
    for level, level_next in pairwise(levels):
        denoised = yield Evaluation(latents, level.sigma, level.timestep)
        time = level.timestep * TIMESTEP_SCALING
        # At timestep 0 nothing would be left to do; far from there this is the estimate itself.
        kept = DATA_SPREAD**2 / (time**2 + DATA_SPREAD**2)
        taken = time / math.sqrt(time**2 + DATA_SPREAD**2)
        latents = taken * denoised + kept * latents
        if level_next.sigma > 0:
            latents = latents + noise.next().to(latents) * level_next.sigma
    return latents
