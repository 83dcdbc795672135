"""Schedules go down, most of them from all noise to none in as many steps as were asked for."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.sampling import LEVEL_SAMPLERS, SCHEDULES, NoiseLevels, Scaling
from pipeline.sampling.schedules import without_penultimate

num_steps = st.integers(1, 150)


@pytest.mark.parametrize("schedule", sorted(SCHEDULES))
@given(num_steps=num_steps)
@settings(deadline=None, max_examples=30)
def test_a_schedule_descends(schedule: str, num_steps: int, levels: NoiseLevels) -> None:
    sigmas = SCHEDULES[schedule](levels, num_steps)
    assert all(sigma > sigma_next for sigma, sigma_next in pairwise(sigmas))
    assert sigmas[0] <= levels.sigma_max * 1.0001
    if schedule == "ddim":
        assert len(sigmas) > num_steps
    else:
        assert len(sigmas) == num_steps + 1
    if schedule == "kl_optimal":
        assert sigmas[-1] == pytest.approx(levels.sigma_min)
    else:
        assert sigmas[-1] == 0.0


@given(num_steps=st.integers(2, 150))
@settings(deadline=None, max_examples=30)
def test_most_schedules_begin_with_all_the_noise(num_steps: int, levels: NoiseLevels) -> None:
    for schedule in SCHEDULES.keys() - {"ddim", "old_karras"}:
        first = SCHEDULES[schedule](levels, num_steps)[0]
        assert first == pytest.approx(levels.sigma_max, rel=1e-4), schedule


@pytest.mark.parametrize("sampler", sorted(LEVEL_SAMPLERS))
@given(num_steps=num_steps)
@settings(deadline=None, max_examples=30)
def test_the_levels_of_a_samplers_own_descend(
    sampler: str, num_steps: int, levels: NoiseLevels
) -> None:
    visited = LEVEL_SAMPLERS[sampler].levels(levels, num_steps)
    assert len(visited) >= num_steps
    assert all(level.sigma > after.sigma for level, after in pairwise(visited))
    assert all(0 <= level.timestep <= 999 for level in visited)
    if LEVEL_SAMPLERS[sampler].scaling is Scaling.VP:
        for level in visited:
            assert levels.timestep(level.sigma) == pytest.approx(level.timestep, abs=1e-2)


def test_lcm_asks_at_the_timesteps_of_its_training_only(levels: NoiseLevels) -> None:
    visited = LEVEL_SAMPLERS["lcm"].levels(levels, 8)
    assert [level.timestep for level in visited[:2]] == [999.0, 859.0]
    assert {level.timestep % 20 for level in visited[:-1]} == {19.0}
    assert visited[-1].sigma == 0.0


def test_the_penultimate_sigma_is_left_out() -> None:
    assert without_penultimate([3.0, 2.0, 1.0, 0.0]) == [3.0, 2.0, 0.0]
