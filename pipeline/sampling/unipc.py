"""UniPC (Zhao et al. 2023): a predictor, and a corrector that costs no call of its own.

The form is the one that webui runs: third order, B(h) = h, clean latents predicted, the last steps
of lower order. Unlike there, fewer than three steps are possible; their order is lower.
"""

import math
from collections.abc import Sequence

import numpy as np
from torch import Tensor

from pipeline.sampling.evaluation import Evaluation, Sampler, Scaling
from pipeline.sampling.noise import ImageNoise
from pipeline.sampling.settings import SamplerSettings
from pipeline.sampling.sigmas import Level

ORDER = 3


def unipc(
    latents: Tensor, levels: Sequence[Level], noise: ImageNoise, settings: SamplerSettings
) -> Sampler:
    """Predict the latents of the next level, see them there, and correct them with what is seen."""
    num_steps = len(levels) - 1
    start = levels[0]
    first = Evaluation(latents, start.sigma, start.timestep, Scaling.VP)
    past = [(start, first.denoised((yield first)))]  # levels and what was seen there, latest first
    for step, level in enumerate(levels[1:], start=1):
        order = min(step, ORDER, num_steps + 1 - step)
        (level_last, denoised_last), *older = past[:order]
        h = math.log(level_last.sigma / level.sigma)
        ratios = [math.log(level_last.sigma / each.sigma) / h for each, _ in older]
        changes = [
            (denoised - denoised_last) / ratio
            for (_, denoised), ratio in zip(older, ratios, strict=True)
        ]
        # What every form of the method begins with; beyond it are only changes of the estimate.
        spread, spread_last = spread_at(level), spread_at(level_last)
        base = (level.sigma / level_last.sigma * spread_last / spread) * latents
        base = base - (math.expm1(-h) / spread) * denoised_last
        latents = base + (h / spread) * mix(changes, predictor_weights(ratios, h), base)
        if step == num_steps:
            break
        asked = Evaluation(latents, level.sigma, level.timestep, Scaling.VP)
        denoised = asked.denoised((yield asked))
        changes.append(denoised - denoised_last)
        latents = base + (h / spread) * mix(changes, weights([*ratios, 1.0], h), base)
        past = [(level, denoised), *past][:ORDER]
    return latents


def predictor_weights(ratios: Sequence[float], h: float) -> list[float]:
    """How the changes count before the next level has been seen."""
    # With one change the paper takes one half, which does not cost an order.
    return [0.5] if len(ratios) == 1 else weights(ratios, h)


def weights(ratios: Sequence[float], h: float) -> list[float]:
    """How changes of the estimate, seen `ratios` of a step away, count (Equation 8's a over r)."""
    if not ratios:
        return []
    if list(ratios) == [1.0]:
        return [0.5]
    matrix = np.vander(np.asarray(ratios), increasing=True).T
    wanted = []
    factorial, phi = 1, math.expm1(-h) / -h - 1
    for power in range(1, len(ratios) + 1):
        wanted.append(phi * factorial / -h)
        factorial *= power + 1
        phi = phi / -h - 1 / factorial
    found: list[float] = np.linalg.solve(matrix, np.asarray(wanted)).tolist()
    return found


def mix(changes: Sequence[Tensor], shares: Sequence[float], like: Tensor) -> Tensor:
    """The weighted sum of changes; nothing where there are none."""
    pairs = zip(shares, changes, strict=True)
    return sum((share * change for share, change in pairs), like.new_zeros(()))


def spread_at(level: Level) -> float:
    """The standard deviation of clean latents and noise together at a level."""
    return math.sqrt(1 + level.sigma**2)
