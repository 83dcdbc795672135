"""A denoiser of one line, and a way to answer a sampler with it until it ends."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from pipeline.sampling import Evaluation, NoiseLevels, Sampler, Scaling


@pytest.fixture(scope="session")
def levels() -> NoiseLevels:
    """Stable Diffusion 1's noise levels."""
    betas = torch.linspace(0.00085**0.5, 0.012**0.5, 1000, dtype=torch.float64) ** 2
    return NoiseLevels((1 - betas).cumprod(0))


def gaussian(evaluation: Evaluation) -> Tensor:
    """What a perfect model of unit Gaussian data answers."""
    spread = math.sqrt(1 + evaluation.sigma**2)
    if evaluation.scaling is Scaling.VE:
        return evaluation.latents / spread**2
    epsilon = evaluation.latents * (evaluation.sigma / spread)
    return torch.cat([epsilon] * (1 + evaluation.wants_unconditional))


@pytest.fixture(scope="session")
def finish() -> Callable[[Sampler], tuple[Tensor, int]]:
    """Runs a sampler alone on unit Gaussian data; its latents and its number of denoiser calls."""

    def run(sampler: Sampler) -> tuple[Tensor, int]:
        evaluation = next(sampler)
        num_calls = 1
        while True:
            try:
                evaluation = sampler.send(gaussian(evaluation))
            except StopIteration as end:
                return end.value, num_calls
            num_calls += 1

    return run
