"""Noise schedules against webui's and k-diffusion's, on Stable Diffusion 1's betas."""

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor

from pipeline.samplers import AUTOMATIC, find_noise_schedule
from pipeline.sampling import SCHEDULES, NoiseLevels
from pipeline.sampling.schedules import without_penultimate

TOLERANCE = 1e-6  # relative
DISCARDED = "discard_penultimate"
# The file's names for schedules that webui reaches by an option or by the model's family.
OPTIONS = {"karras_old": "old_karras"}


def cases(directory: Path) -> dict[str, str]:
    """Every schedule that the file holds, listed or not, under `<name>.<steps>[.discard…]`."""
    with safe_open(directory / "schedules.safetensors", "pt") as file:
        return {key: key for key in sorted(file.keys()) if "." in key}


@pytest.fixture(scope="module")
def recorded(golden_dir: Path) -> dict[str, Tensor]:
    return load_file(golden_dir / "schedules.safetensors")


@pytest.fixture(scope="module")
def levels(recorded: dict[str, Tensor]) -> NoiseLevels:
    return NoiseLevels(recorded["alphas_cumprod"])


def test_a_schedule_visits_the_sigmas_of_the_reference(
    case: str, recorded: dict[str, Tensor], levels: NoiseLevels
) -> None:
    name, num_steps, *ending = case.split(".")
    chosen = find_noise_schedule(OPTIONS.get(name, name))
    # A sampler that names no schedule of its own runs "automatic" as uniform.
    schedule = SCHEDULES["uniform" if chosen == AUTOMATIC else chosen]
    sigmas = schedule(levels, int(num_steps) + len(ending))
    if ending:
        assert ending == [DISCARDED]
        sigmas = without_penultimate(sigmas)

    assert len(sigmas) == len(recorded[case])
    torch.testing.assert_close(torch.tensor(sigmas), recorded[case], rtol=TOLERANCE, atol=0.0)


def test_every_listed_schedule_is_known_by_its_label(golden_dir: Path) -> None:
    listed = json.loads((golden_dir / "schedules.json").read_text())["cases"]
    for case in listed:
        chosen = find_noise_schedule(case["label"])
        assert chosen == case["key"].split(".")[0] or chosen in OPTIONS.values(), case["label"]


def test_the_model_has_the_noise_levels_of_the_reference(
    golden_dir: Path, recorded: dict[str, Tensor], levels: NoiseLevels
) -> None:
    ends = json.loads((golden_dir / "schedules.json").read_text())
    torch.testing.assert_close(levels.sigmas, recorded["model_sigmas"], rtol=TOLERANCE, atol=0.0)
    assert levels.sigma_min == pytest.approx(ends["sigma_min"], rel=TOLERANCE)
    assert levels.sigma_max == pytest.approx(ends["sigma_max"], rel=TOLERANCE)
