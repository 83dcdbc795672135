"""The catalogue finds a sampler by whatever name people have for it."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import UnknownNoiseSchedule, UnknownSampler
from pipeline.samplers import (
    NOISE_SCHEDULES,
    SAMPLERS,
    NoiseScheduleInfo,
    SamplerInfo,
    find_noise_schedule,
    find_sampler,
)

NAMES = [(name, info) for info in SAMPLERS for name in (info.id, info.label, *info.aliases)]


@pytest.mark.parametrize(("name", "info"), NAMES)
def test_every_name_finds_its_own_sampler_however_it_is_written(
    name: str, info: SamplerInfo
) -> None:
    for spelling in (name, name.upper(), f" {name} ", name.replace("_", " ").replace(" ", "-")):
        assert find_sampler(spelling) == (info, None)


@pytest.mark.parametrize(("name", "info"), NAMES)
@pytest.mark.parametrize("schedule", NOISE_SCHEDULES, ids=lambda schedule: schedule.id)
def test_a_name_may_end_in_a_noise_schedule(
    name: str, info: SamplerInfo, schedule: NoiseScheduleInfo
) -> None:
    for ending in (schedule.id, schedule.label, schedule.label.upper()):
        assert find_sampler(f"{name} {ending}") == (info, schedule.id)


@pytest.mark.parametrize("schedule", NOISE_SCHEDULES, ids=lambda schedule: schedule.id)
def test_a_noise_schedule_is_found_by_id_and_label(schedule: NoiseScheduleInfo) -> None:
    for name in (schedule.id, schedule.label, schedule.label.upper()):
        assert find_noise_schedule(name) == schedule.id


def test_an_unknown_sampler_is_refused_with_the_nearest_names() -> None:
    with pytest.raises(UnknownSampler, match=r"`DPM\+\+ 2N`.*DPM\+\+ 2M"):
        find_sampler("DPM++ 2N")


def test_an_unknown_noise_schedule_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownNoiseSchedule, match=r"`carras`.*Karras"):
        find_noise_schedule("carras")


@given(st.text())
@settings(max_examples=50)
def test_anything_typed_is_a_sampler_or_refused(text: str) -> None:
    with suppress(UnknownSampler):
        assert find_sampler(text)[0] in SAMPLERS


def test_automatic_is_the_samplers_own_noise_schedule() -> None:
    info, _ = find_sampler("DPM++ 2M")
    assert info.noise_schedule("automatic") == "karras"
    assert info.noise_schedule("uniform") == "uniform"


def test_the_eta_noise_seed_delta_is_told_as_webui_tells_it() -> None:
    told = {info.label for info in SAMPLERS if info.uses_eta_noise_seed_delta}
    assert told == {"Euler a", "DPM2 a", "DPM++ 2S a", "DPM fast", "DPM adaptive"}


@pytest.mark.parametrize(
    ("name", "sampler", "schedule"),
    [
        ("DPM++ 2M Karras", "dpmpp_2m", "karras"),
        ("dpm++ 2m sde heun exponential", "dpmpp_2m_sde_heun", "exponential"),
        ("k_dpmpp_2s_ancestral", "dpmpp_2s_a", None),
        ("k_dpm_2_a_ka", "dpm_2_a", "karras"),
        ("DPM2 a Karras", "dpm_2_a", "karras"),
        ("DPM ADAPTIVE", "dpm_adaptive", None),
        ("k_dpm_ad", "dpm_adaptive", None),
        ("Euler SGM Uniform", "euler", "sgm_uniform"),
        ("LMS DDIM", "lms", "ddim"),
        ("DDIM CFG++", "ddim_cfgpp", None),
        ("ddim", "ddim", None),
        ("Old Karras", None, None),
        ("euler a old karras", "euler_a", "old_karras"),
    ],
)
def test_names_as_people_and_other_programs_write_them(
    name: str, sampler: str | None, schedule: str | None
) -> None:
    if sampler is None:
        with pytest.raises(UnknownSampler):
            find_sampler(name)
        return
    info, named = find_sampler(name)
    assert (info.id, named) == (sampler, schedule)


def test_no_two_entries_share_a_name() -> None:
    for entries in (SAMPLERS, NOISE_SCHEDULES):
        names = [name for entry in entries for name in {entry.id, entry.label, *entry.aliases}]
        assert len(names) == len(set(names))
