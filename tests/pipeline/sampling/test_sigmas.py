"""Noise levels and timesteps are two names for one thing; schedules go down to nothing."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sampling import SCHEDULES, NoiseLevels


@given(timestep=st.floats(0, 999))
def test_a_timestep_is_found_again_from_its_sigma(timestep: float, levels: NoiseLevels) -> None:
    assert levels.timestep(levels.sigma(timestep)) == pytest.approx(timestep, abs=1e-3)


@given(timestep=st.integers(0, 998), share=st.floats(0, 1))
def test_between_two_timesteps_log_sigma_is_linear(
    timestep: int, share: float, levels: NoiseLevels
) -> None:
    low, high = levels.sigma(timestep), levels.sigma(timestep + 1)
    between = low ** (1 - share) * high**share
    assert levels.timestep(between) == pytest.approx(timestep + share, abs=1e-3)


def test_sigmas_beyond_the_models_stand_at_its_first_and_last_timestep(
    levels: NoiseLevels,
) -> None:
    assert levels.timestep(levels.sigma_min / 2) == 0.0
    assert levels.timestep(levels.sigma_max * 2) == 999.0
    assert levels.timestep(levels.sigma_max) == 999.0
    assert levels.timestep(levels.sigma_min) == 0.0


@pytest.mark.parametrize("schedule", sorted(SCHEDULES))
@given(num_steps=st.integers(1, 150))
def test_a_schedule_descends_from_the_most_noise_to_none(
    schedule: str, num_steps: int, levels: NoiseLevels
) -> None:
    sigmas = SCHEDULES[schedule](levels, num_steps)
    assert len(sigmas) == num_steps + 1
    assert sigmas[0] == pytest.approx(levels.sigma_max)
    assert sigmas[-1] == 0.0
    assert all(sigma > sigma_next for sigma, sigma_next in pairwise(sigmas))
    if num_steps > 1:
        assert sigmas[-2] == pytest.approx(levels.sigma_min)
