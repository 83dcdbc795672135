"""Guidance against webui's, where one image has several weighted prompts (AND)."""

import json
from pathlib import Path

import torch
from safetensors import safe_open

from pipeline.sampling import guide

TOLERANCE = 1e-5  # of the largest value


def test_rows_become_the_estimates_of_the_reference(golden_dir: Path) -> None:
    with safe_open(golden_dir / "cfg_combine.safetensors", "pt") as file:
        facts = file.metadata()
        rows, expected = file.get_tensor("x_out"), file.get_tensor("denoised")
    images = json.loads(facts["conds_list"])
    unconditional = rows[-len(images) :].split(1)

    guided = [
        guide(
            rows[[row for row, _ in conditions]],
            unconditional[index],
            float(facts["cond_scale"]),
            [weight for _, weight in conditions],
        )
        for index, conditions in enumerate(images)
    ]

    error = (torch.cat(guided) - expected).abs().max()
    assert error <= TOLERANCE * expected.abs().max()
