"""Noise schedules against webui's and k-diffusion's, on Stable Diffusion 1's betas."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from pipeline.errors import UnknownNoiseSchedule
from pipeline.samplers import AUTOMATIC, find_noise_schedule
from pipeline.sampling import SCHEDULES, NoiseLevels

TOLERANCE = 1e-6  # relative


def cases(directory: Path) -> dict[str, dict[str, Any]]:
    recorded = json.loads((directory / "schedules.json").read_text())
    return {case["key"]: case for case in recorded["cases"] if is_built(case)}


def is_built(case: dict[str, Any]) -> bool:
    try:
        find_noise_schedule(case["label"])
    except UnknownNoiseSchedule:
        return False
    return True


@pytest.fixture(scope="module")
def recorded(golden_dir: Path) -> dict[str, Tensor]:
    return load_file(golden_dir / "schedules.safetensors")


@pytest.fixture(scope="module")
def levels(recorded: dict[str, Tensor]) -> NoiseLevels:
    return NoiseLevels(recorded["alphas_cumprod"])


def test_a_schedule_visits_the_sigmas_of_the_reference(
    case: dict[str, Any], recorded: dict[str, Tensor], levels: NoiseLevels
) -> None:
    chosen = find_noise_schedule(case["label"])
    # A sampler that names no schedule of its own runs "automatic" as uniform.
    sigmas = SCHEDULES["uniform" if chosen == AUTOMATIC else chosen](levels, case["n"])

    assert len(sigmas) == case["len"]
    torch.testing.assert_close(
        torch.tensor(sigmas), recorded[case["key"]], rtol=TOLERANCE, atol=0.0
    )


def test_the_model_has_the_noise_levels_of_the_reference(
    golden_dir: Path, recorded: dict[str, Tensor], levels: NoiseLevels
) -> None:
    ends = json.loads((golden_dir / "schedules.json").read_text())
    torch.testing.assert_close(levels.sigmas, recorded["model_sigmas"], rtol=TOLERANCE, atol=0.0)
    assert levels.sigma_min == pytest.approx(ends["sigma_min"], rel=TOLERANCE)
    assert levels.sigma_max == pytest.approx(ends["sigma_max"], rel=TOLERANCE)
