"""Noise by seed against webui's: both sources, variation seeds, seed resize, ENSD."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from pipeline.sampling import ImageNoise
from pipeline.sampling.noise import slerp

TOLERANCE = 1e-6  # where noises are mixed; plain normals are exact


def cases(directory: Path) -> dict[str, dict[str, Any]]:
    recorded = json.loads((directory / "rng.json").read_text())
    return {case["name"]: case for case in recorded["cases"]}


@pytest.fixture(scope="module")
def recorded(golden_dir: Path) -> dict[str, Tensor]:
    return load_file(golden_dir / "rng.safetensors")


def test_an_image_draws_the_noises_of_the_reference(
    case: dict[str, Any], recorded: dict[str, Tensor]
) -> None:
    images = [image_noise(case, index) for index in range(len(case["seeds"]))]
    for call in range(case["calls"]):
        drawn = torch.cat([noise.next() for noise in images])
        is_mixed = call == 0 and case["subseed_strength"] != 0
        tolerance = TOLERANCE if is_mixed else 0.0
        expected = recorded[f"{case['name']}.{call}"]
        torch.testing.assert_close(drawn, expected, rtol=tolerance, atol=tolerance)


def image_noise(case: dict[str, Any], index: int) -> ImageNoise:
    resized_from = (case["seed_resize_from_h"] // 8, case["seed_resize_from_w"] // 8)
    subseeds = case["subseeds"] or []
    return ImageNoise(
        case["seeds"][index],
        tuple(case["shape"]),
        source=case["randn_source"].lower(),
        variation_seed=subseeds[index] if index < len(subseeds) else 0,
        variation_strength=case["subseed_strength"],
        resized_from=resized_from if all(resized_from) else None,
        eta_noise_seed_delta=case["eta_noise_seed_delta"],
    )


@pytest.mark.parametrize("kind", ["", "near_"])
def test_two_noises_mix_as_in_the_reference(kind: str, recorded: dict[str, Tensor]) -> None:
    low, high = recorded[f"slerp.{kind}low"], recorded[f"slerp.{kind}high"]
    shares = [name.removeprefix(f"slerp.{kind}") for name in recorded if f"slerp.{kind}" in name]
    mixtures = [share for share in shares if share.replace(".", "").isdigit()]
    assert mixtures
    for share in mixtures:
        mixed = slerp(float(share), low, high)
        expected = recorded[f"slerp.{kind}{share}"]
        torch.testing.assert_close(mixed, expected, rtol=TOLERANCE, atol=TOLERANCE)
