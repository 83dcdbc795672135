"""A request cannot exist broken; what is wrong is said in one sentence."""

import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import InvalidRequest, UnknownNoiseSchedule, UnknownSampler
from pipeline.requests import MAX_SEED, GenerationRequest
from pipeline.values import PlainValue
from tests.pipeline.pictures import RED, claiming, encoded


def request_of(**values: Any) -> GenerationRequest:
    return GenerationRequest(**{"prompt": "a red circle", "seeds": (1,)} | values)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"prompt": ""}, "The prompt is empty: say what the picture should show."),
        ({"prompt": " \u200b\n"}, "The prompt is empty: say what the picture should show."),
        ({"prompt": "a" * 4000}, "The prompt has 4,000 characters; at most 2,000 fit."),
        ({"negative_prompt": "a" * 2001}, "The prompt has 2,001 characters; at most 2,000 fit."),
        ({"width": 511}, "A side of 511 pixels is not possible: take a multiple of 8"),
        ({"height": 0}, "64 is the nearest"),
        ({"width": 10**6}, "2048 is the nearest"),
        ({"num_steps": 0}, "0 steps are not possible: take 1 to 150."),
        ({"num_steps": 10**6}, "1,000,000 steps are not possible: take 1 to 150."),
        ({"guidance_scale": float("nan")}, "A guidance scale of nan is not possible"),
        ({"guidance_scale": float("inf")}, "A guidance scale of inf is not possible"),
        ({"guidance_scale": 0.5}, "take 1 to 30"),
        ({"seeds": (MAX_SEED + 1,)}, "Seed 4294967296 is not possible: take 0 to 4294967295."),
        ({"seeds": (-1,)}, "Seed -1 is not possible"),
        ({"seeds": ()}, "0 images are not possible: take 1 to 16."),
        ({"variation_strength": 1.5}, "A variation strength of 1.5 is not possible"),
        ({"eta": -1}, "eta -1 is not possible: take 0 to 100."),
        ({"sampler": "DDIM", "num_steps": 1}, "DDIM needs at least 2 steps."),
        ({"sampler": "ddim cfg++", "eta": 1.5}, "Eta 1.5 is not possible with DDIM CFG++"),
        ({"num_steps": "many"}, "num steps: input should be a valid integer"),
        ({"colour": "red"}, "colour: extra inputs are not permitted"),
    ],
)
def test_a_broken_request_is_refused_in_a_sentence(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        request_of(**values)
    assert sentence in refusal.value.message
    assert "\n" not in refusal.value.message


def test_samplers_are_taken_as_people_type_them() -> None:
    request = request_of(sampler="DPM++ 2M Karras")
    assert (request.sampler, request.noise_schedule) == ("dpmpp_2m", "karras")
    with pytest.raises(UnknownSampler, match="Euler"):
        request_of(sampler="Eular")
    with pytest.raises(UnknownNoiseSchedule, match="Karras"):
        request_of(noise_schedule="caras")
    assert request_of(noise_schedule="Karras").noise_schedule == "karras"


def test_a_second_pass_counts_its_calls_and_its_pixels() -> None:
    request = request_of(
        sampler="euler", num_steps=20, hires_scale=1.5, hires_steps=10, hires_strength=0.5
    )
    first, second = request.passes
    assert (second.width, second.height) == (768, 768)
    assert second.plan is not None
    assert (second.plan.schedule_steps, second.plan.num_steps) == (20, 10)
    assert request.num_evaluations == 30
    assert request.pixels_per_call == (20 * 512**2 + 10 * 768**2) / 30
    assert request_of(hires_scale=1.3).passes[1][:2] == (664, 664)  # whole latents
    assert first.plan is None


@pytest.mark.parametrize("text", ["🔥", "👩‍🚀 on the moon", "שלום", "日本語", "e\u0301", "a\tb\nc"])
def test_text_of_any_script_stays_as_it_was_typed(text: str) -> None:
    assert request_of(prompt=text).prompt == text


@given(st.text(st.characters(exclude_categories=[]), max_size=200))
def test_any_text_is_a_prompt_that_can_be_written_down_or_is_refused(text: str) -> None:
    try:
        request = request_of(prompt=text)
    except InvalidRequest:
        return
    assert request.prompt.encode()
    assert not any(sign in request.prompt for sign in "\x00\x1b\r")


def test_a_request_survives_the_database_and_the_socket() -> None:
    request = request_of(seeds=(1, 2, 3), sampler="Heun")
    assert GenerationRequest.model_validate_json(request.model_dump_json()) == request
    assert pickle.loads(pickle.dumps(request)) == request
    with pytest.raises(InvalidRequest):
        GenerationRequest.model_validate({"prompt": "", "seeds": [1]})


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"init_image": b"text"}, "The picture cannot be read: send a PNG, JPEG, WebP or GIF."),
        ({"init_image": claiming(encoded(RED), 8000, 6000)}, "at most 35,000,000 are taken"),
        ({"strength": 1.5}, "A strength of 1.5 is not possible: take 0 to 1."),
        ({"strength": -0.1}, "A strength of -0.1 is not possible: take 0 to 1."),
        ({"mask": encoded(RED)}, "send that picture too"),
        ({"init_image": encoded(RED), "mask": b"<svg/>"}, "The picture cannot be read"),
        ({"mask_blur": 65}, "A mask blur of 65 pixels is not possible: take 0 to 64."),
        ({"mask_padding": -1}, "A mask padding of -1 pixels is not possible: take 0 to 256."),
        ({"mask_weight": 2.0}, "A conditional mask weight of 2.0 is not possible: take 0 to 1."),
        ({"noise_multiplier": 1.6}, "A noise multiplier of 1.6 is not possible: take 0 to 1.5."),
        ({"hires_scale": 0.5}, "A second pass 0.5 times as large is not possible: take 1 to 4."),
        ({"hires_scale": 4, "width": 1024}, "4 times as large the picture would have 4096 x 2048"),
        ({"hires_scale": 2, "init_image": encoded(RED)}, "A second pass is for pictures that"),
        ({"hires_steps": -1}, "-1 steps in the second pass are not possible"),
        ({"hires_strength": 2}, "A strength of 2.0 in the second pass is not possible"),
        ({"hires_upscaler": " "}, "The upscaler has no name"),
        ({"upscaler": "Latent"}, "not made larger by Latent: take Lanczos or a model"),
        ({"masked_content": "lava"}, "masked content: input should be 'original', 'fill'"),
    ],
)
def test_an_input_picture_that_is_none_is_refused_in_a_sentence(
    values: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        request_of(**values)


def test_an_input_picture_reaches_a_worker_and_no_record_or_log() -> None:
    request = request_of(init_image=encoded(RED))
    assert pickle.loads(pickle.dumps(request)).init_image == encoded(RED)
    request = request_of(init_image=encoded(RED), mask=encoded(RED))
    assert not {"init_image", "mask"} & json.loads(request.model_dump_json()).keys()
    assert "PNG" not in repr(request)


@pytest.mark.parametrize(
    ("sampler", "exact", "calls"),
    [("euler", False, 11), ("euler", True, 20), ("heun", False, 21), ("ddim", False, 9)],
)
def test_on_an_input_picture_the_calls_are_those_of_its_strength(
    sampler: str, exact: bool, calls: int
) -> None:
    request = request_of(
        init_image=encoded(RED), sampler=sampler, num_steps=20, strength=0.5, exact_steps=exact
    )
    assert request.num_evaluations == calls


def test_no_part_of_a_request_hides_another_parts_checks() -> None:
    parts = [part for part in GenerationRequest.__mro__ if issubclass(part, PlainValue)]
    checks = [name for part in parts for name in vars(part) if name.startswith(("_is", "_are"))]
    assert len(set(checks)) == len(checks)
