"""LMS: each step follows a polynomial through the slopes of the last ones."""

from collections import deque
from collections.abc import Sequence

import numpy as np
from torch import Tensor

from pipeline.sampling.evaluation import Evaluation, Sampler
from pipeline.sampling.noise import ImageNoise
from pipeline.sampling.settings import SamplerSettings

ORDER = 4
# Two nodes integrate polynomials up to degree 3 exactly, and those are all there are.
NODES, NODE_WEIGHTS = np.polynomial.legendre.leggauss(2)


def lms(
    latents: Tensor, sigmas: Sequence[float], noise: ImageNoise, settings: SamplerSettings
) -> Sampler:
    """The linear multistep method of order 4 in sigma (Adams-Bashforth for uneven steps)."""
    slopes: deque[Tensor] = deque(maxlen=ORDER)  # the latest first
    for step in range(len(sigmas) - 1):
        denoised = yield Evaluation(latents, sigmas[step])
        slopes.appendleft((latents - denoised) / sigmas[step])
        past = sigmas[step + 1 - len(slopes) : step + 1][::-1]
        for share, slope in zip(shares(past, sigmas[step], sigmas[step + 1]), slopes, strict=True):
            latents = latents + share * slope
    return latents


def shares(past: Sequence[float], start: float, end: float) -> list[float]:
    """How much each slope known at the `past` sigmas counts on the way from `start` to `end`.

    That is the integral of Lagrange's polynomial that is 1 at its sigma and 0 at the others.
    """
    middle, half = (start + end) / 2, (end - start) / 2
    found = []
    for own in past:
        others = [other for other in past if other != own]
        values = [
            float(np.prod([(sigma - other) / (own - other) for other in others]))
            for sigma in middle + half * NODES
        ]
        found.append(half * float(NODE_WEIGHTS @ values))
    return found
