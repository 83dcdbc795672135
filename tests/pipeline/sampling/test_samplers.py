"""What every sampler promises, measured on data whose exact solution is known.

If the data are a unit Gaussian, the denoiser is `latents / (1 + sigma**2)`, and the exact path is
proportional to `sqrt(1 + sigma**2)`.
"""

import math
import random
from collections.abc import Callable
from typing import TypeAlias

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from pipeline import samplers as catalogue
from pipeline.sampling import SAMPLERS, SCHEDULES, ImageNoise, NoiseLevels, Sampler, start_sampler

SHAPE = (4, 8, 8)

Finish: TypeAlias = Callable[[Sampler], tuple[Tensor, int]]


def start(name: str, sigmas: list[float], seed: int = 1, eta: float = 1.0) -> Sampler:
    noise = ImageNoise(seed, SHAPE)
    return start_sampler(name, noise.next() * sigmas[0], sigmas, noise, eta)


def test_the_catalogue_lists_what_is_built() -> None:
    assert {info.id for info in catalogue.SAMPLERS} == SAMPLERS.keys()
    assert {info.id for info in catalogue.NOISE_SCHEDULES} == {catalogue.AUTOMATIC, *SCHEDULES}
    assert {info.default_noise_schedule for info in catalogue.SAMPLERS} <= SCHEDULES.keys()


@pytest.mark.parametrize(
    ("sampler", "order"),
    [("euler", 1), ("euler_a", 1), ("heun", 2), ("dpmpp_2m", 2), ("dpmpp_sde", 2)],
)
def test_doubling_the_steps_gains_the_promised_order(
    sampler: str, order: int, finish: Finish
) -> None:
    def error(num_steps: int) -> float:
        # Without noise, and not down to 0, where every method's last step is of first order.
        sigmas = torch.logspace(1, -1, num_steps + 1, dtype=torch.float64).tolist()
        latents = torch.full((1, *SHAPE), 3.0, dtype=torch.float64)
        running = start_sampler(sampler, latents, sigmas, ImageNoise(1, SHAPE), eta=0.0)
        exact = 3.0 * math.sqrt((1 + sigmas[-1] ** 2) / (1 + sigmas[0] ** 2))
        return float((finish(running)[0] - exact).abs().max())

    assert math.log2(error(100) / error(200)) == pytest.approx(order, abs=0.15)


@pytest.mark.parametrize("sampler", ["euler_a", "dpmpp_sde"])
@pytest.mark.parametrize("eta", [0.5, 1.0])
def test_the_noise_added_on_the_way_keeps_the_spread_of_the_data(
    sampler: str, eta: float, levels: NoiseLevels, finish: Finish
) -> None:
    noise = ImageNoise(3, (4, 64, 64))
    sigmas = SCHEDULES["karras"](levels, 100)
    latents = noise.next() * math.sqrt(1 + sigmas[0] ** 2)
    finished, _ = finish(start_sampler(sampler, latents, sigmas, noise, eta))
    assert finished.std().item() == pytest.approx(1.0, abs=0.05)


def test_without_eta_euler_a_is_euler(levels: NoiseLevels, finish: Finish) -> None:
    sigmas = SCHEDULES["karras"](levels, 12)
    ancestral, _ = finish(start("euler_a", sigmas, eta=0.0))
    torch.testing.assert_close(ancestral, finish(start("euler", sigmas))[0])


@pytest.mark.parametrize("info", catalogue.SAMPLERS, ids=lambda info: info.id)
@given(num_steps=st.integers(1, 40), schedule=st.sampled_from(sorted(SCHEDULES)))
@settings(max_examples=10, deadline=None)
def test_a_sampler_takes_as_many_calls_as_the_catalogue_says(
    info: catalogue.SamplerInfo,
    num_steps: int,
    schedule: str,
    levels: NoiseLevels,
    finish: Finish,
) -> None:
    finished, num_calls = finish(start(info.id, SCHEDULES[schedule](levels, num_steps)))
    assert num_calls == info.num_evaluations(num_steps)
    assert finished.isfinite().all()


@given(
    crowd=st.lists(st.sampled_from(sorted(SAMPLERS)), min_size=2, max_size=5),
    turns=st.randoms(use_true_random=False),
)
@settings(max_examples=15, deadline=None)
def test_an_image_does_not_depend_on_whose_turn_comes_between(
    crowd: list[str], turns: random.Random, levels: NoiseLevels, finish: Finish
) -> None:
    sigmas = SCHEDULES["karras"](levels, 6)
    running = [start(name, sigmas, seed) for seed, name in enumerate(crowd)]
    asked = [next(sampler) for sampler in running]
    finished: dict[int, Tensor] = {}
    while waiting := sorted(set(range(len(crowd))) - finished.keys()):
        seed = turns.choice(waiting)
        try:
            answer = asked[seed].latents / (1 + asked[seed].sigma ** 2)
            asked[seed] = running[seed].send(answer)
        except StopIteration as end:
            finished[seed] = end.value

    for seed, name in enumerate(crowd):
        assert torch.equal(finished[seed], finish(start(name, sigmas, seed))[0])


@pytest.mark.parametrize("sampler", sorted(SAMPLERS))
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_latents_keep_their_type_and_shape(
    sampler: str, dtype: torch.dtype, levels: NoiseLevels, finish: Finish
) -> None:
    noise = ImageNoise(1, SHAPE)
    sigmas = SCHEDULES["uniform"](levels, 3)
    latents = noise.next().to(dtype) * sigmas[0]
    finished, _ = finish(start_sampler(sampler, latents, sigmas, noise))
    assert (finished.dtype, finished.shape) == (dtype, (1, *SHAPE))


@pytest.mark.parametrize("sampler", sorted(SAMPLERS))
def test_a_sampler_leaves_what_it_was_given_alone(sampler: str, levels: NoiseLevels) -> None:
    noise = ImageNoise(1, SHAPE)
    sigmas = SCHEDULES["karras"](levels, 4)
    latents = noise.next() * sigmas[0]
    before = latents.clone()
    running = start_sampler(sampler, latents, sigmas, noise)
    answers = [torch.ones_like(latents) for _ in range(8)]
    evaluation = next(running)
    for answer in answers[:3]:
        asked = evaluation.latents.clone()
        following = running.send(answer)
        assert torch.equal(evaluation.latents, asked)
        evaluation = following
    assert torch.equal(latents, before)
    assert all(torch.equal(answer, torch.ones_like(answer)) for answer in answers)
