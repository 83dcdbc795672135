"""DPM-Solver with its own choice of noise levels: "fast" and "adaptive" (Lu et al. 2022).

Time is lambda = -log(sigma). Only the first and the last sigma of a schedule matter to them, and
"fast" takes as many denoiser calls as the schedule has steps.
"""

import math
from collections.abc import Generator, Sequence
from typing import TypeAlias

import torch
from torch import Tensor

from pipeline.sampling.ancestral import ancestral_step
from pipeline.sampling.evaluation import Evaluation, Sampler
from pipeline.sampling.noise import ImageNoise
from pipeline.sampling.settings import SamplerSettings

Step: TypeAlias = Generator[Evaluation, Tensor, tuple[Tensor, Tensor]]

RELATIVE_TOLERANCE, ABSOLUTE_TOLERANCE = 0.05, 0.0078
FIRST_STEP = 0.05  # in lambda
ACCEPT_SAFETY = 0.81  # a step whose error would shorten the next one below this is taken back
NEARLY_THERE = 1e-5  # in lambda
NEARLY_NOTHING = 1e-8  # keeps an error of 0 from dividing


def dpm_fast(
    latents: Tensor, sigmas: Sequence[float], noise: ImageNoise, settings: SamplerSettings
) -> Sampler:
    """DPM-Solver-fast: third-order steps as far as the calls go, then a lower one or two."""
    start, end = ends(sigmas)
    orders = orders_of(len(sigmas) - 1)
    times = torch.linspace(start, end, len(orders) + 1).tolist()
    for order, time, time_next in zip(orders, times, times[1:], strict=False):
        down, spread = with_noise(time, time_next, end, settings.eta)
        latents, _ = yield from solver_step(order, latents, time, down)
        latents = latents + noise.next().to(latents) * (spread * settings.s_noise)
    return latents


def orders_of(num_calls: int) -> list[int]:
    """The orders of steps that take so many calls together."""
    thirds, rest = divmod(num_calls, 3)
    return [3] * thirds + [rest] if rest else [3] * (thirds - 1) + [2, 1]


def dpm_adaptive(
    latents: Tensor, sigmas: Sequence[float], noise: ImageNoise, settings: SamplerSettings
) -> Sampler:
    """DPM-Solver-12/23's adaptive steps: three calls each, as long as its error allows.

    The error of every step is read on the host, the one place where a sampler waits for the
    device: how long the next step is cannot be known otherwise.
    """
    time, end = ends(sigmas)
    h = FIRST_STEP
    previous = latents
    order = 1.5 if settings.eta else 3
    while time < end - NEARLY_THERE:
        time_next = min(end, time + h)
        down, spread = with_noise(time, time_next, end, settings.eta)
        high, low = yield from solver_step(3, latents, time, down)
        allowed = RELATIVE_TOLERANCE * torch.maximum(low.abs(), previous.abs())
        error = ((low - high) / allowed.clamp(min=ABSOLUTE_TOLERANCE)).square().mean().sqrt()
        if not torch.isfinite(error):
            return high  # no shorter step would make it a number: whoever finishes it, says so
        wanted = (1 / (float(error) + NEARLY_NOTHING)) ** (1 / order)
        factor = 1 + math.atan(wanted - 1)
        if factor >= ACCEPT_SAFETY:
            previous, time = low, time_next
            latents = high + noise.next().to(latents) * (spread * settings.s_noise)
        h *= factor
    return latents


def ends(sigmas: Sequence[float]) -> tuple[float, float]:
    """The first and the last time of a schedule that goes down to 0, in the reference's float32."""
    first, last = sigmas[0], min(sigma for sigma in sigmas if sigma > 0)
    start, end = torch.tensor([first, last]).log().neg().tolist()
    return start, end


def with_noise(time: float, time_next: float, end: float, eta: float) -> tuple[float, float]:
    """How far a step goes down, and how much noise then leads back up to `time_next`."""
    if eta == 0:
        return time_next, 0.0
    sigma_next = math.exp(-time_next)
    sigma_down, _ = ancestral_step(math.exp(-time), sigma_next, eta)
    down = min(end, -math.log(sigma_down)) if sigma_down > 0 else end
    return down, math.sqrt(max(sigma_next**2 - math.exp(-down) ** 2, 0.0))


def solver_step(order: int, latents: Tensor, time: float, time_next: float) -> Step:
    """One step of DPM-Solver-1, -2 or -3, and the one of the order below that it contains.

    The lower one is as good as the higher where there is none.
    """
    h = time_next - time
    sigma_next = math.exp(-time_next)
    slope = yield from _noise_in(latents, time)
    first = latents - sigma_next * math.expm1(h) * slope
    if order == 1:
        return first, first
    r1 = 1 / 2 if order == 2 else 1 / 3
    sigma_1 = math.exp(-(time + r1 * h))
    guess = latents - sigma_1 * math.expm1(r1 * h) * slope
    change = (yield from _noise_in(guess, time + r1 * h)) - slope
    second = first - sigma_next / (2 * r1) * math.expm1(h) * change
    if order == 2:
        return second, first
    r2 = 2 / 3
    sigma_2 = math.exp(-(time + r2 * h))
    guess = latents - sigma_2 * math.expm1(r2 * h) * slope
    guess = guess - sigma_2 * (r2 / r1) * (math.expm1(r2 * h) / (r2 * h) - 1) * change
    change = (yield from _noise_in(guess, time + r2 * h)) - slope
    return first - sigma_next / r2 * (math.expm1(h) / h - 1) * change, second


def _noise_in(latents: Tensor, time: float) -> Sampler:
    """The noise that the denoiser sees in latents."""
    sigma = math.exp(-time)
    denoised = yield Evaluation(latents, sigma)
    return (latents - denoised) / sigma
