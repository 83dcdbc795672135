"""A denoiser of one line, and a way to answer a sampler with it until it ends."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from pipeline.sampling import NoiseLevels, Sampler


@pytest.fixture(scope="session")
def levels() -> NoiseLevels:
    """Stable Diffusion 1's noise levels."""
    betas = torch.linspace(0.00085**0.5, 0.012**0.5, 1000, dtype=torch.float64) ** 2
    return NoiseLevels((1 - betas).cumprod(0))


@pytest.fixture(scope="session")
def finish() -> Callable[[Sampler], tuple[Tensor, int]]:
    """Runs a sampler alone on unit Gaussian data; its latents and its number of denoiser calls."""

    def run(sampler: Sampler) -> tuple[Tensor, int]:
        evaluation = next(sampler)
        num_calls = 1
        while True:
            try:
                evaluation = sampler.send(evaluation.latents / (1 + evaluation.sigma**2))
            except StopIteration as end:
                return end.value, num_calls
            num_calls += 1

    return run
