"""Samplers that follow the probability flow ODE: the same start always ends in the same place.

They take the noise source and eta that every sampler is given, and use neither.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor

from pipeline.sampling.evaluation import Evaluation, Sampler
from pipeline.sampling.noise import ImageNoise


def euler(latents: Tensor, sigmas: Sequence[float], noise: ImageNoise, eta: float) -> Sampler:
    """Euler's method (Karras et al. 2022, Algorithm 2 without churn)."""
    for sigma, sigma_next in pairwise(sigmas):
        denoised = yield Evaluation(latents, sigma)
        slope = (latents - denoised) / sigma
        latents = latents + slope * (sigma_next - sigma)
    return latents


def heun(latents: Tensor, sigmas: Sequence[float], noise: ImageNoise, eta: float) -> Sampler:
    """Heun's second-order method (Karras et al. 2022, Algorithm 1)."""
    for sigma, sigma_next in pairwise(sigmas):
        denoised = yield Evaluation(latents, sigma)
        slope = (latents - denoised) / sigma
        guess = latents + slope * (sigma_next - sigma)
        if sigma_next == 0:
            return guess
        denoised = yield Evaluation(guess, sigma_next)
        slope_there = (guess - denoised) / sigma_next
        latents = latents + (slope + slope_there) / 2 * (sigma_next - sigma)
    return latents


def dpmpp_2m(latents: Tensor, sigmas: Sequence[float], noise: ImageNoise, eta: float) -> Sampler:
    """DPM-Solver++(2M) (Lu et al. 2022, Algorithm 2)."""
    previous: tuple[Tensor, float] | None = None
    for sigma, sigma_next in pairwise(sigmas):
        denoised = yield Evaluation(latents, sigma)
        if sigma_next == 0:
            return denoised
        h = math.log(sigma / sigma_next)
        estimate = denoised
        if previous is not None:
            denoised_last, h_last = previous
            r = h_last / h
            estimate = (1 + 1 / (2 * r)) * denoised - (1 / (2 * r)) * denoised_last
        latents = (sigma_next / sigma) * latents - math.expm1(-h) * estimate
        previous = denoised, h
    return latents
