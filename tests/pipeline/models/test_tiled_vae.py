"""Pictures that go through the VAE in tiles: the same as those that go through it whole."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from pipeline.models.demo.pictures import draw
from pipeline.models.demo.scenes import random_attributes, random_source, scene_for
from pipeline.models.model import Model
from pipeline.models.tiled_vae import decode_tiled, encode_tiled
from pipeline.models.tiling import spans

LEVELS = 127.5  # of 255 in one of pixels from -1 to 1
MOST = 4.0  # levels that a pixel may differ; nobody sees it
TILE = 256  # pixels


def quilt(down: int, across: int) -> Tensor:
    """Many pictures in one, as unlike each other as those of the demo model are."""
    rng = random_source("quilt", 0)
    rows = [
        np.concatenate(
            [
                draw(scene_for(random_attributes(rng), (128, 128), rng).picture)
                for _ in range(across)
            ],
            axis=1,
        )
        for _ in range(down)
    ]
    return torch.from_numpy(np.concatenate(rows)).float().permute(2, 0, 1).unsqueeze(0) * 2 - 1


@pytest.fixture(scope="module")
def small_tiles(demo_model: Model) -> Model:
    return replace(demo_model, vae_tile=TILE)


@torch.no_grad()
@pytest.mark.parametrize("shape", [(3, 4), (1, 4), (5, 2)])
def test_a_picture_in_tiles_is_the_picture_whole(
    demo_model: Model, small_tiles: Model, shape: tuple[int, int]
) -> None:
    pixels = quilt(*shape)
    latents = demo_model.encode_picture(pixels)
    tiled = small_tiles.encode_picture(pixels)
    assert tiled.shape == latents.shape
    assert (tiled - latents).abs().max() < 0.02
    whole, decoded = demo_model.decode(latents), small_tiles.decode(latents)
    assert (decoded - whole).abs().max() * LEVELS < MOST
    # What changes, changes alike on both sides of where tiles meet.
    steps = (decoded - whole).diff(dim=-1).abs() * LEVELS
    assert steps.mean() < 0.1


@torch.no_grad()
def test_a_picture_that_is_small_enough_is_left_whole(
    demo_model: Model, small_tiles: Model
) -> None:
    latents = demo_model.encode_picture(quilt(2, 2))
    assert torch.equal(small_tiles.decode(latents), demo_model.decode(latents))


@torch.no_grad()
def test_afterwards_the_vae_is_as_it_was(demo_model: Model) -> None:
    latents = demo_model.encode_picture(quilt(2, 2))
    before = demo_model.decode(latents)
    decode_tiled(demo_model.vae, latents, TILE)
    encode_tiled(demo_model.vae, quilt(3, 3), TILE)
    assert torch.equal(demo_model.decode(latents), before)
    norms = [each for each in demo_model.vae.modules() if isinstance(each, nn.GroupNorm)]
    assert norms
    assert not [norm for norm in norms if "forward" in vars(norm)]


@pytest.mark.parametrize("length", [1, 100, 256, 257, 500, 2048])
@pytest.mark.parametrize("grain", [1, 8])
def test_tiles_cover_a_side_and_overlap(length: int, grain: int) -> None:
    found = list(spans(length, 256, 64, grain))
    assert (found[0].start, found[-1].end) == (0, length)
    assert all(span.end - span.start == min(length, 256) for span in found)
    # Where tiles begin at multiples of something, they share that much less.
    assert all(left.end - right.start > 64 - grain for left, right in pairwise(found))
    cores = [pixel for span in found for pixel in range(span.core_start, span.core_end)]
    assert cores == list(range(length))
