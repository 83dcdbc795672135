"""Samplers that follow the reverse diffusion SDE, their noise from a Brownian path.

Taken from one path, the noise of a short step is part of the noise of the long step around it,
so that an image changes little when the number of steps does.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

from pipeline.sampling.ancestral import ancestral_step
from pipeline.sampling.evaluation import Evaluation, Sampler
from pipeline.sampling.noise import ImageNoise

MIDPOINT = 0.5  # where in a step, in log(sigma), the second estimate is taken


def dpmpp_sde(latents: Tensor, sigmas: Sequence[float], noise: ImageNoise, eta: float) -> Sampler:
    """DPM-Solver++ (stochastic)."""
    path = noise.brownian_path(min(sigma for sigma in sigmas if sigma > 0), max(sigmas))
    factor = 1 / (2 * MIDPOINT)
    for sigma, sigma_next in pairwise(sigmas):
        denoised = yield Evaluation(latents, sigma)
        if sigma_next == 0:
            return denoised
        sigma, sigma_middle, sigma_next = _around(sigma, sigma_next)

        # Step 1
        sigma_down, sigma_up = ancestral_step(sigma, sigma_middle, eta)
        ratio = sigma_down / sigma
        guess = ratio * latents + (1 - ratio) * denoised
        guess = guess + path.noise(sigma, sigma_middle).to(latents) * sigma_up
        denoised_middle = yield Evaluation(guess, sigma_middle)

        # Step 2
        sigma_down, sigma_up = ancestral_step(sigma, sigma_next, eta)
        ratio = sigma_down / sigma
        estimate = (1 - factor) * denoised + factor * denoised_middle
        latents = ratio * latents + (1 - ratio) * estimate
        latents = latents + path.noise(sigma, sigma_next).to(latents) * sigma_up
    return latents


def _around(sigma: float, sigma_next: float) -> tuple[float, float, float]:
    """The ends of a step and its midpoint in log(sigma), in the reference's float32.

    A Brownian path a millionth further on has moved by a thousandth, so the last bit counts here.
    """
    start, end = torch.tensor([sigma, sigma_next]).log().neg()
    times = torch.stack([start, start + (end - start) * MIDPOINT, end])
    first, middle, last = times.neg().exp().tolist()
    return first, middle, last
