"""Masks softened, made latent and filled, against what webui's libraries made of them."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from safetensors.numpy import load_file

from pipeline.images.masked_content import blurred, doubled, filled, latent_mask
from pipeline.images.masks import binary_mask

TOLERANCE = 1  # level of 255
Arrays = Mapping[str, npt.NDArray[np.generic]]


def cases(directory: Path) -> dict[str, int]:
    recorded = json.loads((directory / "masking.json").read_text())
    return {f"blur {kernel['blur']}": kernel["blur"] for kernel in recorded["blur_kernels"]}


@pytest.fixture(scope="module")
def arrays(golden_dir: Path) -> Arrays:
    return load_file(golden_dir / "masking.safetensors")


def image(array: npt.NDArray[np.generic]) -> Image.Image:
    return Image.fromarray(array)


def distance(picture: Image.Image, array: npt.NDArray[np.generic]) -> int:
    return int(np.abs(np.asarray(picture, dtype=int) - array.astype(int)).max())


def test_a_mask_is_softened_as_in_the_reference(case: int, arrays: Arrays) -> None:
    soft = blurred(image(arrays["mask.base"]), case)
    assert distance(soft, arrays[f"mask.blur{case}"]) <= TOLERANCE


def test_what_is_laid_over_a_whole_picture_is_the_references(case: int, arrays: Arrays) -> None:
    overlay = doubled(image(arrays[f"mask.blur{case}"]))
    assert distance(overlay, arrays[f"overlay_mask.blur{case}"]) <= TOLERANCE


def test_the_same_latents_are_repainted_as_in_the_reference(case: int, arrays: Arrays) -> None:
    rounded = arrays[f"latmask.blur{case}.rounded"]
    found = latent_mask(image(arrays[f"mask.blur{case}"]), rounded.shape[::-1])
    np.testing.assert_array_equal(found, rounded)


@pytest.mark.parametrize("blur", [0, 4])
def test_a_hole_is_filled_with_the_references_colours(blur: int, arrays: Arrays) -> None:
    picture = filled(image(arrays["fill.image"]), image(arrays[f"mask.blur{blur}"]))
    assert distance(picture, arrays[f"fill.out.blur{blur}"]) <= TOLERANCE


@pytest.mark.parametrize(("layer", "mask"), [("rgba", "round"), ("opaque_rgba", "opaque_out")])
def test_a_mask_is_what_is_drawn_or_else_its_grey(layer: str, mask: str, arrays: Arrays) -> None:
    found = binary_mask(image(arrays[f"binmask.{layer}"]))
    assert distance(found, arrays[f"binmask.{mask}"]) == 0
