"""Samplers that step down too far on purpose, and add fresh noise to make up for it."""

import math
from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor

from pipeline.sampling.evaluation import Evaluation, Sampler
from pipeline.sampling.noise import ImageNoise


def ancestral_step(sigma: float, sigma_next: float, eta: float) -> tuple[float, float]:
    """How far to go down, and how much noise to add, to stand at `sigma_next` afterwards."""
    variance = sigma_next**2 * (sigma**2 - sigma_next**2) / sigma**2
    sigma_up = min(sigma_next, eta * math.sqrt(variance))
    return math.sqrt(sigma_next**2 - sigma_up**2), sigma_up


def euler_ancestral(
    latents: Tensor, sigmas: Sequence[float], noise: ImageNoise, eta: float
) -> Sampler:
    """Ancestral sampling with Euler steps."""
    for sigma, sigma_next in pairwise(sigmas):
        denoised = yield Evaluation(latents, sigma)
        sigma_down, sigma_up = ancestral_step(sigma, sigma_next, eta)
        slope = (latents - denoised) / sigma
        latents = latents + slope * (sigma_down - sigma)
        if sigma_next > 0:
            latents = latents + noise.next().to(latents) * sigma_up
    return latents
