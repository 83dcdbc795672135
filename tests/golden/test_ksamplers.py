"""Samplers against k-diffusion's, on two denoisers of one line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from pipeline.samplers import find_sampler
from pipeline.sampling import ImageNoise, SamplerSettings, start_sampler

TOLERANCE = 1e-5  # of the largest value


def linear(latents: Tensor, sigma: Tensor) -> Tensor:
    return latents / (1 + sigma**2)


def tanh(latents: Tensor, sigma: Tensor) -> Tensor:
    return linear(latents, sigma).tanh() * (1 + 0.1 * sigma.log())


DENOISERS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "toy_linear": linear,
    "toy_tanh": tanh,
    "toy_tanh28": tanh,
}


def cases(directory: Path) -> dict[str, dict[str, Any]]:
    recorded = json.loads((directory / "ksamplers.json").read_text())
    return {case["key"]: case | {"shape": recorded["latent_shape"]} for case in recorded["cases"]}


@pytest.fixture(scope="module")
def finished(golden_dir: Path) -> dict[str, Tensor]:
    return load_file(golden_dir / "ksamplers.safetensors")


def test_a_sampler_ends_where_the_reference_does(
    case: dict[str, Any], finished: dict[str, Tensor]
) -> None:
    images = [sample(case, seed) for seed in case["seeds"]]

    expected = finished[case["key"]]
    error = (torch.cat([latents for latents, _ in images]) - expected).abs().max()
    assert error <= TOLERANCE * expected.abs().max()
    assert {num_calls for _, num_calls in images} == {case["denoiser_calls"]}


def sample(case: dict[str, Any], seed: int) -> tuple[Tensor, int]:
    """One image of a case, and how many denoiser calls it took."""
    info, _ = find_sampler(case["sampler"])
    noise = ImageNoise(
        seed, tuple(case["shape"]), eta_noise_seed_delta=case["eta_noise_seed_delta"]
    )
    start = noise.next() * case["sigmas"][0]
    eta = {} if case["eta"] is None else {"eta": case["eta"]}
    settings = SamplerSettings(**eta, **case["extra"])
    sampler = start_sampler(info.id, start, case["sigmas"], noise, settings)
    denoise = DENOISERS[case["denoiser"]]
    num_calls = 1
    evaluation = next(sampler)
    while True:
        try:
            # The reference's denoisers were given sigma in float32 too.
            sigma = torch.tensor(evaluation.sigma)
            evaluation = sampler.send(denoise(evaluation.latents, sigma))
        except StopIteration as end:
            return end.value, num_calls
        num_calls += 1
