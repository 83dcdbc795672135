"""DPM-Solver with its own choice of noise levels: "fast" and "adaptive" (Lu et al. 2022).

Time is lambda = -log(sigma). Only the first and the last sigma of a schedule matter to them, and
"fast" takes as many denoiser calls as the schedule has steps. Times are scalars on the host, in
the reference's float32: the adaptive one carries every rounding on into its next step.
"""

import math
from collections.abc import Generator, Sequence
from itertools import pairwise
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
    times = torch.linspace(float(start), float(end), len(orders) + 1)
    for order, (time, time_next) in zip(orders, pairwise(times), strict=True):
        down, spread = with_noise(time, time_next, end, settings.eta)
        latents, _ = yield from solver_step(order, latents, time, down)
        latents = latents + spread * settings.s_noise * noise.next().to(latents)
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
        time_next = torch.minimum(end, time + h)
        down, spread = with_noise(time, time_next, end, settings.eta)
        high, low = yield from solver_step(3, latents, time, down)
        allowed = RELATIVE_TOLERANCE * torch.maximum(low.abs(), previous.abs())
        relative = (low - high) / allowed.clamp(min=ABSOLUTE_TOLERANCE)
        error = float(torch.linalg.norm(relative)) / math.sqrt(latents.numel())
        if not math.isfinite(error):
            return high  # no shorter step would make it a number: whoever finishes it, says so
        factor = 1 + math.atan((1 / (error + NEARLY_NOTHING)) ** (1 / order) - 1)
        if factor >= ACCEPT_SAFETY:
            previous, time = low, time_next
            latents = high + spread * settings.s_noise * noise.next().to(latents)
        h *= factor
    return latents


def ends(sigmas: Sequence[float]) -> tuple[Tensor, Tensor]:
    """The first and the last time of a schedule, before it goes down to 0."""
    last = min(sigma for sigma in sigmas if sigma > 0)
    return time_of(torch.tensor(sigmas[0])), time_of(torch.tensor(last))


def with_noise(time: Tensor, time_next: Tensor, end: Tensor, eta: float) -> tuple[Tensor, Tensor]:
    """How far a step goes down, and how much noise then leads back up to `time_next`."""
    if eta == 0:
        return time_next, torch.tensor(0.0)
    sigma_next = sigma_of(time_next)
    sigma_down, _ = ancestral_step(float(sigma_of(time)), float(sigma_next), eta)
    down = torch.minimum(end, time_of(torch.tensor(sigma_down)))
    return down, (sigma_next**2 - sigma_of(down) ** 2).clamp(min=0).sqrt()


def solver_step(order: int, latents: Tensor, time: Tensor, time_next: Tensor) -> Step:
    """One step of DPM-Solver-1, -2 or -3, and the one of the order below that it contains.

    The lower one is as good as the higher where there is none.
    """
    h = time_next - time
    sigma_next = sigma_of(time_next)
    slope = yield from _noise_in(latents, time)
    first = latents - sigma_next * h.expm1() * slope
    if order == 1:
        return first, first
    r1 = 1 / 2 if order == 2 else 1 / 3
    time_1 = time + r1 * h
    guess = latents - sigma_of(time_1) * (r1 * h).expm1() * slope
    change = (yield from _noise_in(guess, time_1)) - slope
    second = first - sigma_next / (2 * r1) * h.expm1() * change
    if order == 2:
        return second, first
    r2 = 2 / 3
    time_2 = time + r2 * h
    sigma_2, growth = sigma_of(time_2), (r2 * h).expm1()
    guess = latents - sigma_2 * growth * slope
    guess = guess - sigma_2 * (r2 / r1) * (growth / (r2 * h) - 1) * change
    change = (yield from _noise_in(guess, time_2)) - slope
    return first - sigma_next / r2 * (h.expm1() / h - 1) * change, second


def _noise_in(latents: Tensor, time: Tensor) -> Sampler:
    """The noise that the denoiser sees in latents."""
    sigma = float(sigma_of(time))
    denoised = yield Evaluation(latents, sigma)
    return (latents - denoised) / sigma


def time_of(sigma: Tensor) -> Tensor:
    return -sigma.log()


def sigma_of(time: Tensor) -> Tensor:
    return time.neg().exp()
