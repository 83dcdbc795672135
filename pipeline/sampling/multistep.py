"""LMS: each step follows a polynomial through the slopes of the last ones."""

import math
from collections import deque
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from scipy.integrate import quad
from torch import Tensor

from pipeline.sampling.evaluation import Evaluation, Sampler
from pipeline.sampling.noise import ImageNoise
from pipeline.sampling.settings import SamplerSettings

ORDER = 4
TOLERANCE = 1e-4  # relative; of polynomials, quadrature is exact before it asks


def lms(
    latents: Tensor, sigmas: Sequence[float], noise: ImageNoise, settings: SamplerSettings
) -> Sampler:
    """The linear multistep method of order 4 in sigma (Adams-Bashforth for uneven steps)."""
    slopes: deque[Tensor] = deque(maxlen=ORDER)  # the latest first
    for step in range(len(sigmas) - 1):
        denoised = yield Evaluation(latents, sigmas[step])
        slopes.appendleft((latents - denoised) / sigmas[step])
        past = tuple(sigmas[step + 1 - len(slopes) : step + 1][::-1])
        counted = zip(shares(past, sigmas[step + 1]), slopes, strict=True)
        # Summed up first: the terms cancel each other, and latents are large beside the rest.
        latents = latents + sum(
            (share * slope for share, slope in counted), slopes[0].new_zeros(())
        )
    return latents


@lru_cache(maxsize=4096)
def shares(past: tuple[float, ...], end: float) -> tuple[float, ...]:
    """How much each slope known at the `past` sigmas counts on the way from the first to `end`.

    That is the integral of Lagrange's polynomial that is 1 at its sigma and 0 at the others, taken
    by the reference's quadrature in its float32: on fine schedules its last digits add up. It takes
    a fraction of a millisecond, and images with one schedule share it.
    """
    known = np.asarray(past, dtype=np.float32)

    def integral(own: int) -> float:
        others = [known[place] for place in range(len(known)) if place != own]

        def lagrange(sigma: float) -> float:
            return math.prod((sigma - other) / (known[own] - other) for other in others)

        value, _ = quad(lagrange, known[0], np.float32(end), epsrel=TOLERANCE)
        return float(value)

    return tuple(integral(own) for own in range(len(known)))
