"""How near samplers come to what is known exactly.

If the data are a unit Gaussian, the denoiser is `latents / (1 + sigma**2)`, and the exact path is
proportional to `sqrt(1 + sigma**2)`.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeAlias

import pytest
import torch
from torch import Tensor

from pipeline.sampling import (
    SCHEDULES,
    ImageNoise,
    Level,
    NoiseLevels,
    Sampler,
    SamplerSettings,
    start_level_sampler,
    start_sampler,
)
from tests.pipeline.sampling.starting import SHAPE, start

Finish: TypeAlias = Callable[[Sampler], tuple[Tensor, int]]
STILL = SamplerSettings(eta=0.0)
NUM_CUTS = 14


def descending(num_steps: int) -> list[float]:
    """Even in log(sigma), but for the first and the last step, which are cut ever finer outwards.

    Multistep methods begin, and some end, with a step of first order: cut finely enough, it does
    not hide the order of the rest. Nor does it go down to 0, where all are of first order.
    """
    places = torch.linspace(0, 1, num_steps + 1, dtype=torch.float64)
    finer = 0.5 ** torch.arange(NUM_CUTS, 0, -1) / num_steps
    logs = 1 - 2 * torch.cat([places[:1], finer, places[1:-1], 1 - finer.flip(0), places[-1:]])
    return (10**logs).tolist()


def order_of(error: Callable[[int], float], num_steps: int) -> float:
    """The power of the step size that an error goes down with."""
    return math.log2(error(num_steps) / error(2 * num_steps))


@pytest.mark.parametrize(
    ("sampler", "order"),
    [
        ("euler", 1),
        ("euler_a", 1),
        ("heun", 2),
        ("dpm_2", 2),
        ("dpm_2_a", 2),
        ("dpmpp_2m", 2),
        ("dpmpp_2s_a", 2),
        ("dpmpp_sde", 2),
        ("dpmpp_2m_sde", 2),
        ("dpmpp_2m_sde_heun", 2),
        ("dpmpp_3m_sde", 2),
    ],
)
def test_doubling_the_steps_gains_the_promised_order(
    sampler: str, order: int, finish: Finish
) -> None:
    def error(num_steps: int) -> float:
        sigmas = descending(num_steps)
        latents = torch.full((1, *SHAPE), 3.0, dtype=torch.float64)
        running = start_sampler(sampler, latents, sigmas, ImageNoise(1, SHAPE), STILL)
        exact = 3.0 * math.sqrt((1 + sigmas[-1] ** 2) / (1 + sigmas[0] ** 2))
        return float((finish(running)[0] - exact).abs().max())

    assert order_of(error, 80 // order) == pytest.approx(order, abs=0.15 * order)


def test_lms_follows_a_slope_that_is_a_cubic_of_sigma_exactly(levels: NoiseLevels) -> None:
    def slope(sigma: float) -> float:
        return 1 - 0.5 * sigma + 0.2 * sigma**2 - 0.01 * sigma**3

    def integral(sigma: float) -> float:
        return sigma - 0.25 * sigma**2 + 0.2 / 3 * sigma**3 - 0.0025 * sigma**4

    sigmas = SCHEDULES["karras"](levels, 12)
    latents = torch.ones(1, *SHAPE, dtype=torch.float64)
    running = start_sampler("lms", latents, sigmas, ImageNoise(1, SHAPE), STILL)
    evaluation = next(running)
    for step, (sigma, sigma_next) in enumerate(pairwise(sigmas[:-1])):
        following = running.send(evaluation.latents - sigma * slope(sigma))
        if step >= 3:  # as many slopes are known by then as the order asks for
            moved = following.latents - evaluation.latents
            expected = integral(sigma_next) - integral(sigma)
            torch.testing.assert_close(moved, torch.full_like(moved, expected), rtol=1e-5, atol=0)
        evaluation = following


# UniPC's corrector is of fourth order, its predictor of third; PLMS counts uneven steps as even.
@pytest.mark.parametrize(("sampler", "order"), [("ddim", 1), ("plms", 2), ("unipc", 3.5)])
def test_doubling_the_levels_gains_the_promised_order(
    sampler: str, order: float, finish: Finish
) -> None:
    """Latents of unit variance stay what they are: all the change there is, is error."""

    def error(num_steps: int) -> float:
        levels: Sequence[Level] = [Level(sigma, 0.0) for sigma in descending(num_steps)]
        latents = torch.full((1, *SHAPE), 3.0, dtype=torch.float64)
        running = start_level_sampler(sampler, latents, levels, ImageNoise(1, SHAPE), STILL)
        return float((finish(running)[0] - 3.0).abs().max())

    assert order_of(error, 40) == pytest.approx(order, abs=0.15 * order)


def test_dpm_adaptive_takes_as_many_steps_as_its_error_asks_for(
    levels: NoiseLevels, finish: Finish
) -> None:
    exact, num_calls = finish(start("dpm_adaptive", levels, settings=STILL))
    scale = math.sqrt((1 + levels.sigma_min**2) / (1 + levels.sigma_max**2))
    expected = ImageNoise(1, SHAPE).next() * levels.sigma_max * scale
    assert (exact - expected).abs().max() < 0.05 * expected.abs().max()
    assert num_calls % 3 == 0
    _, num_noisy_calls = finish(start("dpm_adaptive", levels))
    assert num_noisy_calls > num_calls


@pytest.mark.parametrize(
    "sampler",
    [
        "euler_a",
        "dpm_2_a",
        "dpmpp_2s_a",
        "dpmpp_sde",
        "dpmpp_2m_sde",
        "dpmpp_2m_sde_heun",
        "dpmpp_3m_sde",
        "dpm_fast",
        "dpm_adaptive",
        "ddim",
        "ddim_cfgpp",
    ],
)
@pytest.mark.parametrize("eta", [0.5, 1.0])
def test_the_noise_added_on_the_way_keeps_the_spread_of_the_data(
    sampler: str, eta: float, levels: NoiseLevels, finish: Finish
) -> None:
    noise = ImageNoise(3, (4, 64, 64))
    finished, _ = finish(
        start(sampler, levels, 100, noise=noise, settings=SamplerSettings(eta=eta))
    )
    tolerance = 0.1 if sampler == "dpm_adaptive" else 0.05  # it takes half as many steps
    assert finished.std().item() == pytest.approx(1.0, abs=tolerance)


@pytest.mark.parametrize("sampler", ["euler", "heun", "dpm_2", "restart"])
def test_noise_put_back_keeps_the_spread_of_the_data(
    sampler: str, levels: NoiseLevels, finish: Finish
) -> None:
    noise = ImageNoise(3, (4, 64, 64))
    churn = SamplerSettings(s_churn=20.0, s_tmin=0.1, s_tmax=5.0)
    finished, _ = finish(start(sampler, levels, 100, noise=noise, settings=churn))
    assert finished.std().item() == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize(
    ("stochastic", "still"), [("euler_a", "euler"), ("dpm_2_a", "dpm_2"), ("dpmpp_2s_a", "dpm_2")]
)
def test_without_eta_an_ancestral_sampler_is_its_deterministic_one(
    stochastic: str, still: str, levels: NoiseLevels, finish: Finish
) -> None:
    ancestral, _ = finish(start(stochastic, levels, 12, settings=STILL))
    tolerance = 1e-5 if stochastic != "dpmpp_2s_a" else 0.1  # another form of the same order
    torch.testing.assert_close(
        ancestral, finish(start(still, levels, 12))[0], rtol=tolerance, atol=tolerance
    )


def test_restarts_take_the_calls_of_the_steps_they_replace(
    levels: NoiseLevels, finish: Finish
) -> None:
    for num_steps in (10, 19, 20, 35, 36, 50, 150):
        _, num_calls = finish(start("restart", levels, num_steps))
        assert num_calls == 2 * num_steps - 1
