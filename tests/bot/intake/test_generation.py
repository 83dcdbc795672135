"""Whatever is typed becomes a request that can be made, or one sentence."""

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import Refusal, sentence
from bot.intake.generation import GenerationIntake, TypedOptions
from bot.intake.sizes import SHAPES, larger_size, size_of_shape
from bot.locales import Texts
from bot.records.models import JOB_ID_LENGTH
from pipeline import MAX_SEED, GenerationRequest, InvalidRequest, ModelConfig, PipelineConfig


def test_options_left_out_make_one_square_picture_from_a_random_seed(
    intake: GenerationIntake,
) -> None:
    request = intake.request(TypedOptions(prompt="a red circle"), user_id=5)
    assert (request.width, request.height) == (512, 512)
    assert (request.user, request.model, len(request.seeds)) == ("5", "sd", 1)
    assert len(request.id) == JOB_ID_LENGTH


def test_a_model_is_guided_as_suits_it_where_nobody_says(model_folder: Path) -> None:
    models = {
        "sd": ModelConfig(path=model_folder),
        "gentle": ModelConfig(path=model_folder, guidance_scale=3.0),
    }
    intake = GenerationIntake(PipelineConfig(models=models))

    def scale(**typed: Any) -> float:
        options = TypedOptions(prompt="a", **typed, explicit=frozenset(typed))
        return intake.request(options, user_id=5).guidance_scale

    assert (scale(), scale(model="gentle")) == (7.0, 3.0)
    assert scale(model="gentle", guidance_scale=5.0) == 5.0
    assert scale(model="gentle", preset="NAI") == 11.0
    assert scale(model="gentle", advanced="CFG scale: 4") == 4.0


def test_each_picture_takes_the_seed_after_the_last(intake: GenerationIntake) -> None:
    request = intake.request(TypedOptions(prompt="a", seed=40, count=3), user_id=5)
    assert request.seeds == (40, 41, 42)


def test_random_seeds_differ_and_leave_room_for_four(intake: GenerationIntake) -> None:
    requests = [intake.request(TypedOptions(prompt="a", count=4), user_id=5) for _ in range(50)]
    assert len({request.seeds for request in requests}) == 50
    assert len({request.id for request in requests}) == 50


def test_again_keeps_everything_but_seed_id_and_user(intake: GenerationIntake) -> None:
    typed = TypedOptions(prompt="a", sampler="DPM++ 2M Karras", size="2:3", seed=1, count=2)
    first = intake.request(typed, user_id=5)
    second = intake.again(first, user_id=6)
    assert len(second.seeds) == 2
    assert second.user == "6"
    for name in ("id", "user", "seeds"):
        assert getattr(first, name) != getattr(second, name)
    changed = {"id": "", "user": "", "seeds": (0,)}
    assert first.model_copy(update=changed) == second.model_copy(update=changed)


@pytest.mark.parametrize("native_size", [128, 512, 1024])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_keeps_its_ratio_and_the_models_area(shape: str, native_size: int) -> None:
    width, height = size_of_shape(shape, native_size)
    across, down = map(int, shape.split(":"))
    assert width / height == pytest.approx(across / down, rel=0.1)
    assert width * height == pytest.approx(native_size**2, rel=0.1)
    assert width % 8 == height % 8 == 0


@pytest.mark.parametrize("factor", [1e308, 8.0, 1.0, 1e-9, -1e308])
def test_any_factor_makes_a_size_that_can_be_typed(factor: float) -> None:
    sides = larger_size((2048, 64), factor)
    assert all(1 <= side <= 99_999 for side in sides)


BAD = {
    "an empty prompt": (TypedOptions(prompt=""), "empty"),
    "spaces": (TypedOptions(prompt=" \t\n "), "empty"),
    "zero-width spaces": (TypedOptions(prompt="\u200b\u200b"), "empty"),
    "control characters": (TypedOptions(prompt="\x00\x07\x1b"), "empty"),
    "4,000 characters": (TypedOptions(prompt="a" * 4000), "4,000 characters"),
    "a long negative prompt": (TypedOptions(prompt="a", negative_prompt="b" * 4000), "4,000"),
    "no steps": (TypedOptions(prompt="a", steps=0), "0 steps"),
    "a million steps": (TypedOptions(prompt="a", steps=10**6), "1,000,000 steps"),
    "no number": (TypedOptions(prompt="a", guidance_scale=math.nan), "guidance scale of nan"),
    "endless guidance": (TypedOptions(prompt="a", guidance_scale=math.inf), "scale of inf"),
    "a seed too high": (TypedOptions(prompt="a", seed=2**32), "4294967295"),
    "no room for the last": (TypedOptions(prompt="a", seed=MAX_SEED, count=2), "4294967295"),
    "a seed below zero": (TypedOptions(prompt="a", seed=-1), "Seed -1"),
    "a side off the grid": (TypedOptions(prompt="a", size="513x512"), "multiple of 8"),
    "a huge side": (TypedOptions(prompt="a", size="99999x512"), "2048"),
    "no size": (TypedOptions(prompt="a", size="big"), "`big`"),
    "no sides": (TypedOptions(prompt="a", size="0x0"), "64"),
    "no pictures": (TypedOptions(prompt="a", count=0), "0 pictures"),
    "five pictures": (TypedOptions(prompt="a", count=5), "5 pictures"),
    "an unknown sampler": (TypedOptions(prompt="a", sampler="Eular"), "Eular"),
    "an unknown model": (TypedOptions(prompt="a", model="sdxl"), "sdxl"),
}


@pytest.mark.parametrize(("typed", "named"), BAD.values(), ids=BAD.keys())
def test_what_cannot_be_made_is_one_sentence_that_names_it(
    typed: TypedOptions, named: str, intake: GenerationIntake, texts: Texts
) -> None:
    with pytest.raises((InvalidRequest, Refusal)) as caught:
        intake.request(typed, user_id=5)
    said = sentence(caught.value, texts, reference="")
    assert named in said
    assert "\n" not in said
    assert len(said) < 300


GOOD = {
    "emoji": "a cat 🐈‍⬛ and 👩‍👩‍👧",
    "right to left": "חתול אדום على طاولة",
    "zero-width between letters": "a\u200bcat",
    "a null between letters": "a\x00cat",
    "half an emoji": "a cat \ud83d",
    "everything Markdown": "# **a** _b_ `c` ~~d~~ ||e|| > f [g](http://h) <@1> @everyone",
}


@pytest.mark.parametrize("prompt", GOOD.values(), ids=GOOD.keys())
def test_odd_text_is_text(prompt: str, intake: GenerationIntake) -> None:
    assert intake.request(TypedOptions(prompt=prompt), user_id=5).prompt.strip()


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    prompt=st.text(st.characters(), max_size=50),
    size=st.sampled_from(SHAPES) | st.text(max_size=12) | st.from_regex(r"\d+[xX*×]\d+"),
    steps=st.integers(),
    guidance_scale=st.floats(),
    sampler=st.sampled_from(["Euler a", "DPM++ SDE Karras"]) | st.text(max_size=12),
    seed=st.none() | st.integers(),
    count=st.integers(-1, 9),
)
def test_anything_at_all_is_a_request_or_a_refusal(
    prompt: str,
    size: str,
    steps: int,
    guidance_scale: float,
    sampler: str,
    seed: int | None,
    count: int,
    intake: GenerationIntake,
) -> None:
    typed = TypedOptions(
        prompt=prompt,
        size=size,
        steps=steps,
        guidance_scale=guidance_scale,
        sampler=sampler,
        seed=seed,
        count=count,
    )
    try:
        request = intake.request(typed, user_id=5)
    except (InvalidRequest, Refusal):
        return
    assert GenerationRequest(**request.model_dump(mode="json")) == request
