"""Samplers that step down too far on purpose, and add fresh noise to make up for it."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

from pipeline.sampling.evaluation import Evaluation, Sampler
from pipeline.sampling.noise import ImageNoise
from pipeline.sampling.ode import between, midpoint_step
from pipeline.sampling.settings import SamplerSettings


def ancestral_step(sigma: float, sigma_next: float, eta: float) -> tuple[float, float]:
    """How far to go down, and how much noise to add, to stand at `sigma_next` afterwards.

    In the reference's float32, which a large step leaves with few digits of how far down it goes.
    """
    if eta == 0:
        return sigma_next, 0.0
    start, end = torch.tensor([sigma, sigma_next])
    variance = end**2 * (start**2 - end**2) / start**2
    sigma_up = torch.minimum(end, eta * variance.sqrt())
    return float((end**2 - sigma_up**2).sqrt()), float(sigma_up)


def euler_ancestral(
    latents: Tensor, sigmas: Sequence[float], noise: ImageNoise, settings: SamplerSettings
) -> Sampler:
    """Ancestral sampling with Euler steps."""
    for sigma, sigma_next in pairwise(sigmas):
        denoised = yield Evaluation(latents, sigma)
        sigma_down, sigma_up = ancestral_step(sigma, sigma_next, settings.eta)
        slope = (latents - denoised) / sigma
        latents = latents + slope * (sigma_down - sigma)
        if sigma_next > 0:
            latents = latents + noise.next().to(latents) * settings.s_noise * sigma_up
    return latents


def dpm_2_ancestral(
    latents: Tensor, sigmas: Sequence[float], noise: ImageNoise, settings: SamplerSettings
) -> Sampler:
    """Ancestral sampling with DPM-Solver-2's steps.

    As in the reference, a step that goes all the way down (which an eta above 1 can ask for)
    adds no noise.
    """
    for sigma, sigma_next in pairwise(sigmas):
        sigma_down, sigma_up = ancestral_step(sigma, sigma_next, settings.eta)
        latents = yield from midpoint_step(latents, sigma, sigma_down)
        if sigma_down > 0:
            latents = latents + noise.next().to(latents) * settings.s_noise * sigma_up
    return latents


def dpmpp_2s_ancestral(
    latents: Tensor, sigmas: Sequence[float], noise: ImageNoise, settings: SamplerSettings
) -> Sampler:
    """Ancestral sampling with DPM-Solver++(2S)'s steps (Lu et al. 2022, Algorithm 1)."""
    for sigma, sigma_next in pairwise(sigmas):
        sigma_down, sigma_up = ancestral_step(sigma, sigma_next, settings.eta)
        denoised = yield Evaluation(latents, sigma)
        if sigma_down == 0:
            latents = latents + (latents - denoised) / sigma * (sigma_down - sigma)
        else:
            sigma_middle = between(sigma, sigma_down)
            ratio = sigma_middle / sigma
            middle = ratio * latents + (1 - ratio) * denoised
            denoised = yield Evaluation(middle, sigma_middle)
            ratio = sigma_down / sigma
            latents = ratio * latents + (1 - ratio) * denoised
        if sigma_next > 0:
            latents = latents + noise.next().to(latents) * settings.s_noise * sigma_up
    return latents
