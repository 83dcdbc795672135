"""Noise levels and timesteps are two names for one thing."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sampling import NoiseLevels


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


def test_whole_timesteps_stand_at_the_sigmas_trained_at(levels: NoiseLevels) -> None:
    found = levels.levels_at(torch.tensor([0.0, 500.0, 500.5, 999.0]))
    assert [level.timestep for level in found] == [0.0, 500.0, 500.5, 999.0]
    assert [found[0].sigma, found[1].sigma, found[3].sigma] == [
        float(levels.sigmas[timestep]) for timestep in (0, 500, 999)
    ]
    assert found[1].sigma < found[2].sigma < float(levels.sigmas[501])
