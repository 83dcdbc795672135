"""Samplers that follow the reverse diffusion SDE, their noise from a Brownian path.

Taken from one path, the noise of a short step is part of the noise of the long step around it,
so that an image changes little when the number of steps does.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor

from pipeline.sampling.ancestral import ancestral_step
from pipeline.sampling.evaluation import Evaluation, Sampler
from pipeline.sampling.noise import BrownianPath, ImageNoise
from pipeline.sampling.settings import SamplerSettings

MIDPOINT = 0.5  # where in a step, in log(sigma), the second estimate is taken


def dpmpp_sde(
    latents: Tensor, sigmas: Sequence[float], noise: ImageNoise, settings: SamplerSettings
) -> Sampler:
    """DPM-Solver++ (stochastic)."""
    path = path_through(sigmas, noise)
    factor = 1 / (2 * MIDPOINT)
    for sigma, sigma_next in pairwise(sigmas):
        denoised = yield Evaluation(latents, sigma)
        if sigma_next == 0:
            return denoised
        sigma, sigma_middle, sigma_next = _around(sigma, sigma_next)

        # Step 1
        sigma_down, sigma_up = ancestral_step(sigma, sigma_middle, settings.eta)
        ratio = sigma_down / sigma
        guess = ratio * latents + (1 - ratio) * denoised
        fresh = path.noise(sigma, sigma_middle).to(latents)
        guess = guess + fresh * (sigma_up * settings.s_noise)
        denoised_middle = yield Evaluation(guess, sigma_middle)

        # Step 2
        sigma_down, sigma_up = ancestral_step(sigma, sigma_next, settings.eta)
        ratio = sigma_down / sigma
        estimate = (1 - factor) * denoised + factor * denoised_middle
        latents = ratio * latents + (1 - ratio) * estimate
        fresh = path.noise(sigma, sigma_next).to(latents)
        latents = latents + fresh * (sigma_up * settings.s_noise)
    return latents


def dpmpp_2m_sde(
    latents: Tensor, sigmas: Sequence[float], noise: ImageNoise, settings: SamplerSettings
) -> Sampler:
    """DPM-Solver++(2M) SDE (Lu et al. 2022, section 5.2), the midpoint form."""
    return _multistep_sde(latents, sigmas, noise, settings, lambda h: -math.expm1(-h) / 2)


def dpmpp_2m_sde_heun(
    latents: Tensor, sigmas: Sequence[float], noise: ImageNoise, settings: SamplerSettings
) -> Sampler:
    """DPM-Solver++(2M) SDE, the form that Heun's method leads to."""
    return _multistep_sde(latents, sigmas, noise, settings, lambda h: 1 + math.expm1(-h) / h)


def _multistep_sde(
    latents: Tensor,
    sigmas: Sequence[float],
    noise: ImageNoise,
    settings: SamplerSettings,
    correction: Callable[[float], float],  # how much the change since the last estimate counts
) -> Sampler:
    path = path_through(sigmas, noise)
    previous: tuple[Tensor, float] | None = None
    for sigma, sigma_next in pairwise(sigmas):
        denoised = yield Evaluation(latents, sigma)
        if sigma_next == 0:
            return denoised
        h = math.log(sigma / sigma_next)
        h_eta = h * (1 + settings.eta)
        latents = math.exp(-h_eta) * latents - math.expm1(-h_eta) * denoised
        if previous is not None:
            denoised_last, h_last = previous
            latents = latents + correction(h_eta) * h / h_last * (denoised - denoised_last)
        latents = latents + _fresh(path, latents, sigma, sigma_next, settings)
        previous = denoised, h
    return latents


def dpmpp_3m_sde(
    latents: Tensor, sigmas: Sequence[float], noise: ImageNoise, settings: SamplerSettings
) -> Sampler:
    """DPM-Solver++(3M) SDE: the multistep form with the last three estimates.

    As in the reference the bend counts half of what the integral gives, so that the order is 2.
    """
    path = path_through(sigmas, noise)
    past: list[tuple[Tensor, float]] = []  # estimates and the steps taken with them, latest first
    for sigma, sigma_next in pairwise(sigmas):
        denoised = yield Evaluation(latents, sigma)
        if sigma_next == 0:
            return denoised
        h = math.log(sigma / sigma_next)
        h_eta = h * (1 + settings.eta)
        latents = math.exp(-h_eta) * latents - math.expm1(-h_eta) * denoised
        phi_2 = math.expm1(-h_eta) / h_eta + 1
        if len(past) == 1:
            [(last, h_last)] = past
            latents = latents + phi_2 * h / h_last * (denoised - last)
        elif past:
            (last, h_last), (before, h_before) = past
            r0, r1 = h_last / h, h_before / h
            slope_0, slope_1 = (denoised - last) / r0, (last - before) / r1
            bend = (slope_0 - slope_1) / (r0 + r1)
            slope = slope_0 + bend * r0
            phi_3 = phi_2 / h_eta - 0.5
            latents = latents + phi_2 * slope - phi_3 * bend
        latents = latents + _fresh(path, latents, sigma, sigma_next, settings)
        past = [(denoised, h), *past[:1]]
    return latents


def path_through(sigmas: Sequence[float], noise: ImageNoise) -> BrownianPath:
    """The Brownian path over a whole schedule."""
    return noise.brownian_path(min(sigma for sigma in sigmas if sigma > 0), max(sigmas))


def _fresh(
    path: BrownianPath, latents: Tensor, sigma: float, sigma_next: float, settings: SamplerSettings
) -> Tensor | float:
    """The noise that a multistep step ends with."""
    if settings.eta == 0:
        return 0.0
    spread = sigma_next * math.sqrt(1 - (sigma_next / sigma) ** (2 * settings.eta))
    return path.noise(sigma, sigma_next).to(latents) * (spread * settings.s_noise)


def _around(sigma: float, sigma_next: float) -> tuple[float, float, float]:
    """The ends of a step and its midpoint in log(sigma), in the reference's float32.

    A Brownian path a millionth further on has moved by a thousandth, so the last bit counts here.
    """
    start, end = torch.tensor([sigma, sigma_next]).log().neg()
    times = torch.stack([start, start + (end - start) * MIDPOINT, end])
    first, middle, last = times.neg().exp().tolist()
    return first, middle, last
