"""The samplers that walk training timesteps against webui's, on a model of one line."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from pipeline.samplers import find_sampler
from pipeline.sampling import (
    LEVEL_SAMPLERS,
    ImageNoise,
    NoiseLevels,
    SamplerSettings,
    start_level_sampler,
)

TOLERANCE = 1e-5  # of the largest value
SHAPE = (4, 8, 8)


def cases(directory: Path) -> dict[str, dict[str, Any]]:
    recorded = json.loads((directory / "ddim_plms.json").read_text())
    return {case["key"]: case for case in recorded["cases"]}


@pytest.fixture(scope="module")
def finished(golden_dir: Path) -> dict[str, Tensor]:
    return load_file(golden_dir / "ddim_plms.safetensors")


@pytest.fixture(scope="module")
def alphas(golden_dir: Path) -> Tensor:
    return load_file(golden_dir / "schedules.safetensors")["alphas_cumprod"]


def test_a_sampler_ends_where_the_reference_does(
    case: dict[str, Any], finished: dict[str, Tensor], alphas: Tensor
) -> None:
    info, _ = find_sampler(case["key"].split("|")[0])
    levels = LEVEL_SAMPLERS[info.id].levels(NoiseLevels(alphas), case["steps"])
    assert [level.timestep for level in levels] == case["timesteps"][::-1]

    noise = ImageNoise(case["seed"], SHAPE, eta_noise_seed_delta=case["ensd"])
    settings = SamplerSettings(eta=case["eta"] or 0.0)
    sampler = start_level_sampler(info.id, noise.next(), levels, noise, settings)
    asked: list[float] = []
    evaluation = next(sampler)
    while True:
        assert evaluation.timestep is not None
        asked.append(evaluation.timestep)
        kept = alphas[int(evaluation.timestep)]
        epsilon = (evaluation.latents * (1 - kept).sqrt()).tanh()
        # The model of one line knows no prompt: with it and without are the same.
        answer = torch.cat([epsilon] * (1 + evaluation.wants_unconditional))
        try:
            evaluation = sampler.send(answer)
        except StopIteration as end:
            latents = end.value
            break

    expected = finished[case["key"]]
    assert (latents - expected).abs().max() <= TOLERANCE * expected.abs().max()
    assert asked == case["model_timesteps_called"]
    assert info.num_evaluations(case["steps"]) == len(asked)
