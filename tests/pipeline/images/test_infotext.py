"""A picture's settings, written so that other programs read them, and found again in its PNG."""

import json
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pipeline.images.infotext import (
    InfotextSettings,
    create_infotext,
    quote,
    read_infotext,
    write_png,
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


def picture() -> Image.Image:
    return Image.linear_gradient("L").convert("RGB").resize((64, 48))


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


@given(texts)
def test_a_png_gives_back_the_infotext_that_was_written(text: str) -> None:
    assert read_infotext(write_png(picture(), text)) == text


def test_a_png_keeps_every_pixel() -> None:
    with Image.open(BytesIO(write_png(picture(), "a cat"))) as image:
        assert image.size == (64, 48)
        assert image.tobytes() == picture().tobytes()


def test_the_same_picture_is_the_same_bytes() -> None:
    assert write_png(picture(), "猫") == write_png(picture(), "猫")


def test_a_file_without_infotext_has_none() -> None:
    plain = BytesIO()
    picture().save(plain, "PNG")
    jpeg = BytesIO()
    picture().save(jpeg, "JPEG")
    whole = write_png(picture(), "a cat")
    for file in (plain.getvalue(), jpeg.getvalue(), b"", b"not a picture", whole[:20]):
        assert read_infotext(file) is None


@given(st.integers(0, 200), st.integers(0, 255))
def test_a_damaged_png_is_read_or_has_none(position: int, byte: int) -> None:
    damaged = bytearray(write_png(picture(), "a cat"))
    damaged[position % len(damaged)] = byte
    infotext = read_infotext(bytes(damaged))
    assert infotext is None or isinstance(infotext, str)
