"""Samplers that follow the probability flow ODE: the same start always ends in the same place.

Some can churn: put noise back before each step, to wash out the errors of the steps before. Those
that cannot take the noise and settings that every sampler is given, and use neither.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

from pipeline.sampling.evaluation import Evaluation, Sampler
from pipeline.sampling.noise import ImageNoise
from pipeline.sampling.settings import SamplerSettings

MAX_CHURN = math.sqrt(2) - 1  # how much higher sigma may become, as a share of it


def euler(
    latents: Tensor, sigmas: Sequence[float], noise: ImageNoise, settings: SamplerSettings
) -> Sampler:
    """Euler's method (Karras et al. 2022, Algorithm 2 without its second half)."""
    for sigma, sigma_next in pairwise(sigmas):
        latents, sigma = churned(latents, sigma, len(sigmas) - 1, noise, settings)
        denoised = yield Evaluation(latents, sigma)
        slope = (latents - denoised) / sigma
        latents = latents + slope * (sigma_next - sigma)
    return latents


def heun(
    latents: Tensor, sigmas: Sequence[float], noise: ImageNoise, settings: SamplerSettings
) -> Sampler:
    """Heun's second-order method (Karras et al. 2022, Algorithm 2)."""
    for sigma, sigma_next in pairwise(sigmas):
        latents, sigma = churned(latents, sigma, len(sigmas) - 1, noise, settings)
        latents = yield from heun_step(latents, sigma, sigma_next)
    return latents


def heun_step(latents: Tensor, sigma: float, sigma_next: float) -> Sampler:
    """One step of Heun's method; of Euler's where it ends without noise."""
    denoised = yield Evaluation(latents, sigma)
    slope = (latents - denoised) / sigma
    guess = latents + slope * (sigma_next - sigma)
    if sigma_next == 0:
        return guess
    denoised = yield Evaluation(guess, sigma_next)
    slope_there = (guess - denoised) / sigma_next
    return latents + (slope + slope_there) / 2 * (sigma_next - sigma)


def dpm_2(
    latents: Tensor, sigmas: Sequence[float], noise: ImageNoise, settings: SamplerSettings
) -> Sampler:
    """DPM-Solver-2 (Lu et al. 2022, Algorithm 1) with Karras et al.'s churn."""
    for sigma, sigma_next in pairwise(sigmas):
        latents, sigma = churned(latents, sigma, len(sigmas) - 1, noise, settings)
        latents = yield from midpoint_step(latents, sigma, sigma_next)
    return latents


def midpoint_step(latents: Tensor, sigma: float, sigma_next: float) -> Sampler:
    """One step along the slope in its middle, in log(sigma); Euler's where it ends at 0."""
    denoised = yield Evaluation(latents, sigma)
    slope = (latents - denoised) / sigma
    if sigma_next == 0:
        return latents + slope * (sigma_next - sigma)
    sigma_middle = between(sigma, sigma_next)
    middle = latents + slope * (sigma_middle - sigma)
    denoised = yield Evaluation(middle, sigma_middle)
    slope = (middle - denoised) / sigma_middle
    return latents + slope * (sigma_next - sigma)


def dpmpp_2m(
    latents: Tensor, sigmas: Sequence[float], noise: ImageNoise, settings: SamplerSettings
) -> Sampler:
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


def churned(
    latents: Tensor, sigma: float, num_steps: int, noise: ImageNoise, settings: SamplerSettings
) -> tuple[Tensor, float]:
    """Latents with some noise put back, and the higher sigma that they stand at then."""
    if settings.s_churn == 0:
        return latents, sigma
    # Drawn at every step, also where nothing is put back: the later noises depend on it.
    fresh = noise.next().to(latents)
    share = min(settings.s_churn / num_steps, MAX_CHURN)
    if not settings.s_tmin <= sigma <= settings.s_tmax:
        return latents, sigma
    start = torch.tensor(sigma)
    higher = start * (share + 1)
    return latents + fresh * settings.s_noise * (higher**2 - start**2).sqrt(), float(higher)


def between(sigma: float, sigma_next: float) -> float:
    """The middle of two sigmas in log(sigma), in the reference's float32.

    A few large steps make much of the last bit of it: they divide by the small sigma at their end.
    """
    start, end = torch.tensor([sigma, sigma_next]).log()
    return float(start.lerp(end, 0.5).exp())
