"""A picture's settings, written so that other programs read them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.images.infotext import (
    InfotextSettings,
    create_infotext,
    quote,
)

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]))


def infotext(**settings: Any) -> str:
    required: dict[str, Any] = {
        "prompt": "a red circle",
        "num_steps": 20,
        "sampler": "euler_a",
        "noise_schedule": "automatic",
        "guidance_scale": 7.0,
        "seed": 1,
        "width": 512,
        "height": 768,
    }
    return create_infotext(InfotextSettings(**(required | settings)))


def test_settings_that_say_nothing_are_left_out() -> None:
    assert infotext() == (
        "a red circle\n"
        "Steps: 20, Sampler: Euler a, Schedule type: Automatic, CFG scale: 7.0, Seed: 1, "
        "Size: 512x768, RNG: CPU"
    )


def test_numbers_print_as_they_are() -> None:
    assert "CFG scale: 7, " in infotext(guidance_scale=7)
    assert "CFG scale: 7.25, " in infotext(guidance_scale=7.25)


@pytest.mark.parametrize(
    ("settings", "is_told"),
    [
        ({"sampler": "euler_a"}, True),
        ({"sampler": "euler_a", "eta": 0.0}, False),
        ({"sampler": "euler"}, False),
        ({"sampler": "dpmpp_sde"}, False),
    ],
)
def test_the_eta_noise_seed_delta_is_told_only_where_it_matters(
    settings: dict[str, Any], is_told: bool
) -> None:
    assert ("ENSD: 31337" in infotext(eta_noise_seed_delta=31337, **settings)) is is_told
    assert "ENSD" not in infotext(**settings)


def test_a_resized_seed_tells_the_size_it_came_from() -> None:
    assert "Seed resize from: 640x512, RNG" in infotext(resized_from=(640, 512))


def test_extra_settings_stand_before_the_version_unless_they_have_a_place_of_their_own() -> None:
    text = infotext(
        extra={"Mask blur": 4, "Denoising strength": 0.5, "Hires steps": None},
        clip_skip=2,
        version="1.0",
        user="me",
    )
    assert text.endswith(
        "Denoising strength: 0.5, Clip skip: 2, RNG: CPU, Mask blur: 4, Version: 1.0, User: me"
    )


def test_an_extra_setting_that_is_its_own_name_is_told_once() -> None:
    assert infotext(extra={"Downcast": "Downcast"}).endswith("RNG: CPU, Downcast")


@given(texts)
def test_a_quoted_value_is_one_value_again(text: str) -> None:
    quoted = quote(text)
    if quoted != text:
        assert json.loads(quoted) == text
    else:
        assert not set(text) & set(",:\n")


@pytest.mark.parametrize("text", ["a, b", "a: b", "a\nb"])
def test_what_would_be_read_as_two_values_is_quoted(text: str) -> None:
    assert quote(text) == json.dumps(text)


def test_quoting_keeps_letters_of_every_script() -> None:
    assert quote("猫, 狗") == '"猫, 狗"'
