"""An image's noise follows from its seeds alone."""

from typing import get_args

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.sampling import ImageNoise, NoiseSource
from pipeline.sampling.noise import Shape, paste_centred

SHAPE = (4, 8, 8)
SOURCES = get_args(NoiseSource)
seeds = st.integers(0, 2**32 - 1)


def test_nv_noise_begins_as_on_a_cuda_device() -> None:
    first = ImageNoise(0, SHAPE, source="nv").next().flatten()[:4]
    expected = torch.tensor([-0.9247, -0.4253, -2.6438, 0.1452])
    torch.testing.assert_close(first, expected, rtol=0.0, atol=5e-5)


@pytest.mark.parametrize("source", SOURCES)
def test_noise_is_standard_normal_and_new_at_every_call(source: NoiseSource) -> None:
    noise = ImageNoise(5, (4, 64, 64), source=source)
    first, second = noise.next(), noise.next()
    assert first.shape == (1, 4, 64, 64)
    for drawn in (first, second):
        assert drawn.mean().item() == pytest.approx(0.0, abs=0.03)
        assert drawn.std().item() == pytest.approx(1.0, abs=0.03)
    correlation = torch.corrcoef(torch.stack([first.flatten(), second.flatten()]))[0, 1]
    assert abs(correlation.item()) < 0.03


@pytest.mark.parametrize("source", SOURCES)
@given(seed=seeds, other=seeds)
@settings(max_examples=20, deadline=None)
def test_another_image_in_between_changes_nothing(
    source: NoiseSource, seed: int, other: int
) -> None:
    alone = ImageNoise(seed, SHAPE, source=source)
    expected = [alone.next() for _ in range(3)]
    neighbour = ImageNoise(other, SHAPE, source=source)
    crowded = ImageNoise(seed, SHAPE, source=source)
    for noise in expected:
        neighbour.next()
        assert torch.equal(crowded.next(), noise)


def test_noise_leaves_the_global_generator_alone() -> None:
    before = torch.random.get_rng_state()
    noise = ImageNoise(1, SHAPE, variation_seed=2, variation_strength=0.5, eta_noise_seed_delta=3)
    noise.next()
    noise.next()
    noise.brownian_path(0.1, 10.0).noise(10.0, 5.0)
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize("source", SOURCES)
def test_variations_reach_from_one_seed_to_the_other(source: NoiseSource) -> None:
    def first(seed: int, strength: float = 0.0) -> torch.Tensor:
        return ImageNoise(
            seed, SHAPE, source=source, variation_seed=9, variation_strength=strength
        ).next()

    torch.testing.assert_close(first(1, 1.0), first(9))
    torch.testing.assert_close(first(1, 1e-6), first(1), rtol=1e-4, atol=1e-4)
    halfway = first(1, 0.5)
    assert not torch.allclose(halfway, first(1), atol=0.1)
    assert halfway.std().item() == pytest.approx(1.0, abs=0.1)


@given(delta=st.integers(-31337, 31337).filter(bool))
@settings(max_examples=20, deadline=None)
def test_the_eta_noise_seed_delta_moves_all_noises_but_the_first(delta: int) -> None:
    moved = ImageNoise(40000, SHAPE, eta_noise_seed_delta=delta)
    plain, there = ImageNoise(40000, SHAPE), ImageNoise(40000 + delta, SHAPE)
    assert torch.equal(moved.next(), plain.next())
    assert torch.equal(moved.next(), there.next())
    assert torch.equal(moved.next(), there.next())


def test_the_eta_noise_seed_delta_does_not_move_a_brownian_path() -> None:
    plain, moved = ImageNoise(1, SHAPE), ImageNoise(1, SHAPE, eta_noise_seed_delta=31337)
    paths = [noise.brownian_path(0.03, 14.6) for noise in (plain, moved)]
    assert torch.equal(paths[0].noise(14.6, 9.0), paths[1].noise(14.6, 9.0))


sizes = st.integers(8, 24)  # latents of 64 pixels and more


@given(inner=st.tuples(sizes, sizes), outer=st.tuples(sizes, sizes))
def test_pasted_noise_stands_in_the_middle(inner: tuple[int, int], outer: tuple[int, int]) -> None:
    noise, canvas = torch.ones(1, *inner), torch.zeros(1, *outer)
    pasted = paste_centred(noise, canvas)
    assert pasted.shape == canvas.shape
    assert not canvas.any()
    rows, columns = pasted[0].any(dim=1).nonzero(), pasted[0].any(dim=0).nonzero()
    for covered, small, large in zip((rows, columns), inner, outer, strict=True):
        assert len(covered) >= min(small, large) - 1
        before, after = int(covered.min()), large - 1 - int(covered.max())
        assert abs(before - after) <= 1


def test_a_resized_seed_keeps_its_picture_in_the_middle() -> None:
    large: Shape = (4, 12, 12)
    small = ImageNoise(7, SHAPE).next()
    resized = ImageNoise(7, large, resized_from=SHAPE[1:])
    assert torch.equal(resized.next()[:, :, 2:10, 2:10], small)
    same_size = ImageNoise(7, SHAPE, resized_from=SHAPE[1:])
    assert torch.equal(same_size.next(), small)


def test_a_part_of_the_way_follows_the_path_of_the_whole() -> None:
    whole = ImageNoise(5, SHAPE).brownian_path(0.03, 14.6)
    part = ImageNoise(5, SHAPE, brownian_range=(0.03, 14.6)).brownian_path(0.03, 2.0)
    assert torch.equal(part.noise(2.0, 1.0), whole.noise(2.0, 1.0))
    other = ImageNoise(5, SHAPE).brownian_path(0.03, 2.0)
    assert not torch.equal(part.noise(2.0, 1.0), other.noise(2.0, 1.0))
