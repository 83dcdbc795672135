"""What every sampler promises, whoever runs it and in whatever company."""

import random
from collections.abc import Callable
from typing import TypeAlias

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from pipeline import samplers as catalogue
from pipeline.sampling import (
    LEVEL_SAMPLERS,
    SCHEDULES,
    SIGMA_SAMPLERS,
    ImageNoise,
    NoiseLevels,
    Sampler,
    SamplerSettings,
    start_sampler,
)
from tests.pipeline.sampling.conftest import gaussian
from tests.pipeline.sampling.starting import ALL, SHAPE, start

Finish: TypeAlias = Callable[[Sampler], tuple[Tensor, int]]


def test_the_catalogue_lists_what_is_built() -> None:
    assert sorted(info.id for info in catalogue.SAMPLERS) == ALL
    assert not SIGMA_SAMPLERS.keys() & LEVEL_SAMPLERS.keys()
    assert {info.id for info in catalogue.NOISE_SCHEDULES} == {catalogue.AUTOMATIC, *SCHEDULES}
    assert {info.default_noise_schedule for info in catalogue.SAMPLERS} <= SCHEDULES.keys()


@given(
    crowd=st.lists(st.sampled_from(ALL), min_size=2, max_size=5),
    turns=st.randoms(use_true_random=False),
)
@settings(max_examples=15, deadline=None)
def test_an_image_does_not_depend_on_whose_turn_comes_between(
    crowd: list[str], turns: random.Random, levels: NoiseLevels, finish: Finish
) -> None:
    noises = [ImageNoise(seed, SHAPE) for seed in range(len(crowd))]
    running = [start(name, levels, noise=noise) for name, noise in zip(crowd, noises, strict=True)]
    asked = [next(sampler) for sampler in running]
    finished: dict[int, Tensor] = {}
    while waiting := sorted(set(range(len(crowd))) - finished.keys()):
        seed = turns.choice(waiting)
        try:
            asked[seed] = running[seed].send(gaussian(asked[seed]))
        except StopIteration as end:
            finished[seed] = end.value

    for seed, name in enumerate(crowd):
        alone, _ = finish(start(name, levels, noise=ImageNoise(seed, SHAPE)))
        assert torch.equal(finished[seed], alone)


@pytest.mark.parametrize(
    ("name", "num_steps"),
    [
        (name, num_steps)
        for name in ALL
        for num_steps in (1, 2, 3, 37, 150)
        if num_steps >= catalogue.find_sampler(name)[0].min_steps  # a request refuses fewer
    ],
)
def test_every_sampler_ends_with_numbers_on_every_schedule(
    name: str, num_steps: int, levels: NoiseLevels, finish: Finish
) -> None:
    info, _ = catalogue.find_sampler(name)
    takes_long = info.brownian and num_steps > 3
    for schedule in [info.default_noise_schedule] if takes_long else SCHEDULES:
        finished, num_calls = finish(start(name, levels, num_steps, schedule=schedule))
        assert finished.isfinite().all(), schedule
        assert num_calls >= 1
        if name in LEVEL_SAMPLERS:
            assert num_calls == info.num_evaluations(num_steps)


@pytest.mark.parametrize("name", sorted(SIGMA_SAMPLERS))
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_latents_keep_their_type_and_shape(
    name: str, dtype: torch.dtype, levels: NoiseLevels, finish: Finish
) -> None:
    noise = ImageNoise(1, SHAPE)
    sigmas = SCHEDULES["uniform"](levels, 3)
    latents = noise.next().to(dtype) * sigmas[0]
    finished, _ = finish(start_sampler(name, latents, sigmas, noise))
    assert (finished.dtype, finished.shape) == (dtype, (1, *SHAPE))


@pytest.mark.parametrize("name", ALL)
def test_a_sampler_leaves_what_it_asked_with_and_was_answered_alone(
    name: str, levels: NoiseLevels
) -> None:
    running = start(name, levels, settings=SamplerSettings(s_churn=5.0))
    evaluation = next(running)
    for _ in range(4):
        asked, answer = evaluation.latents.clone(), gaussian(evaluation)
        given_ = answer.clone()
        following = running.send(answer)
        assert torch.equal(evaluation.latents, asked)
        assert torch.equal(answer, given_)
        evaluation = following


@pytest.mark.parametrize("info", catalogue.SAMPLERS, ids=lambda info: info.id)
@pytest.mark.parametrize("delta", [31337, -5])
def test_the_delta_changes_the_pictures_the_catalogue_says_it_does(
    info: catalogue.SamplerInfo, delta: int, levels: NoiseLevels, finish: Finish
) -> None:
    for eta, s_churn in [(None, 0.0), (0.0, 0.0), (0.7, 0.0), (None, 3.0)]:
        share = info.default_eta if eta is None else eta
        chosen = SamplerSettings(eta=share, s_churn=s_churn)
        plain, moved = (
            finish(start(info.id, levels, 21, noise=noise, settings=chosen))[0]
            for noise in (
                ImageNoise(7, SHAPE),
                ImageNoise(7, SHAPE, eta_noise_seed_delta=delta),
            )
        )
        assert torch.equal(plain, moved) is not info.draws(eta, s_churn), (eta, s_churn)
