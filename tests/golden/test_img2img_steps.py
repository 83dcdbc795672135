"""Strength into steps against webui's, with the first sigma of what runs."""

import json
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

from pipeline.sampling import SCHEDULES, NoiseLevels
from pipeline.strength import plan_steps

TOLERANCE = 1e-6  # relative


def cases(directory: Path) -> dict[str, dict[str, Any]]:
    recorded = json.loads((directory / "img2img_steps.json").read_text())
    return {
        f"{case['steps']}-{case['denoising_strength']}-{case['fix_steps']}": case
        for case in recorded["cases"]
    }


@pytest.fixture(scope="module")
def levels(golden_dir: Path) -> NoiseLevels:
    return NoiseLevels(load_file(golden_dir / "schedules.safetensors")["alphas_cumprod"])


def test_the_steps_that_run_are_those_of_the_reference(
    case: dict[str, Any], levels: NoiseLevels
) -> None:
    plan = plan_steps(case["steps"], case["denoising_strength"], case["fix_steps"])
    if case["schedule_steps"] == 0:  # where the reference fails, one step runs
        assert plan.num_steps == 1
        return
    assert (plan.schedule_steps, plan.start) == (case["schedule_steps"], case["t_enc"])
    sigmas = plan.rest(SCHEDULES["uniform"](levels, plan.schedule_steps))
    assert len(sigmas) == case["n_sigmas"]
    assert plan.num_steps == case["sampler_steps"]
    assert sigmas[0] == pytest.approx(case["first_sigma"], rel=TOLERANCE)
