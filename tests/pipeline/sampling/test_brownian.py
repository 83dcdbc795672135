"""A Brownian path is one path, however it is looked at."""

import math
import random

import pytest
import torch
import torchsde
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from pipeline.sampling.brownian import BrownianTree
from pipeline.sampling.noise import BrownianPath

SHAPE = (2, 4, 4)
START, END = 0.029168, 14.614643

times = st.floats(START, END).map(lambda time: round(time, 6))


def draw(seed: int) -> Tensor:
    return torch.randn(SHAPE, generator=torch.Generator().manual_seed(seed))


def tree(seed: int = 1) -> BrownianTree:
    return BrownianTree(seed, START, END, draw)


@given(st.lists(times, min_size=2, max_size=8, unique=True), st.integers(0, 2**32 - 1))
@settings(max_examples=15, deadline=None)
def test_the_path_is_torchsdes(moments: list[float], seed: int) -> None:
    path = tree(seed)
    reference = torchsde.BrownianTree(START, torch.zeros(SHAPE), END, entropy=seed)
    for start, end in zip(sorted(moments), sorted(moments)[1:], strict=False):
        torch.testing.assert_close(path.increment(start, end), reference(start, end))


@given(st.lists(times, min_size=3, max_size=3, unique=True))
@settings(max_examples=25, deadline=None)
def test_two_steps_add_up_to_the_one_around_them(moments: list[float]) -> None:
    start, middle, end = sorted(moments)
    path = tree()
    parts = path.increment(start, middle) + path.increment(middle, end)
    torch.testing.assert_close(parts, path.increment(start, end), rtol=1e-5, atol=1e-5)


@given(st.lists(times, min_size=6, max_size=6, unique=True), st.randoms(use_true_random=False))
@settings(max_examples=10, deadline=None)
def test_the_path_does_not_depend_on_the_order_of_looking(
    moments: list[float], order: random.Random
) -> None:
    steps = list(zip(sorted(moments), sorted(moments)[1:], strict=False))
    path = tree()
    expected = {step: path.increment(*step) for step in steps}
    order.shuffle(steps)
    other = tree()
    for step in steps:
        assert torch.equal(other.increment(*step), expected[step])


def test_no_time_is_no_move() -> None:
    assert not tree().increment(3.0, 3.0).any()


def test_a_step_a_hair_outside_the_path_ends_where_the_path_does() -> None:
    path = tree()
    beyond = path.increment(START - 1e-4, END + 1e-4)
    assert torch.equal(beyond, path.increment(START, END))


def test_a_steps_noise_is_standard_normal_however_short_it_is() -> None:
    path = BrownianPath(3, (4, 64, 64), "cpu", START, END)
    for sigma, sigma_next in [(END, START), (9.0, 3.0), (0.5, 0.4), (0.03, 0.0295)]:
        noise = path.noise(sigma, sigma_next)
        assert noise.shape == (1, 4, 64, 64)
        assert noise.std().item() == pytest.approx(1.0, abs=0.03)
        assert noise.mean().item() == pytest.approx(0.0, abs=0.03)


def test_noise_going_down_is_the_path_backwards() -> None:
    path = BrownianPath(3, SHAPE, "cpu", START, END)
    moved = BrownianTree(3, START, END, draw).increment(4.0, 8.0)
    torch.testing.assert_close(path.noise(8.0, 4.0)[0], -moved / math.sqrt(4.0))
