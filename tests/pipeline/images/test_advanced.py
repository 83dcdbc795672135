"""Settings as people type them in one line, beside their options, and around a preset."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.control import Control
from pipeline.controls import CONTROLS
from pipeline.errors import InvalidRequest, UnknownPreset
from pipeline.images.advanced import fields_of, parse_advanced
from pipeline.images.infotext_requests import request_from_infotext
from pipeline.requests import GenerationRequest


@given(st.lists(st.sampled_from([control.key for control in CONTROLS]) | st.text(max_size=9)))
def test_any_advanced_settings_are_read_or_refused(parts: list[str]) -> None:
    for text in (": ".join(parts), ", ".join(f"{part}: 1" for part in parts)):
        for parse in (parse_advanced, lambda it: request_from_infotext(f"a\n{it}")):
            with suppress(InvalidRequest):
                parse(text)


def some_value(control: Control) -> str:
    numbers = {"sampler": "DPM++ 2M", "noise_schedule": "Karras", "s_noise": "1.5", "model": "m"}
    if control.fields[0] in numbers:
        return numbers[control.fields[0]]
    return control.offered[-1] if control.offered else "2"


@pytest.mark.parametrize("control", CONTROLS, ids=[control.key for control in CONTROLS])
def test_every_control_can_be_set_in_advanced_however_it_is_spelt(control: Control) -> None:
    for key in (control.key, control.key.upper(), f"  {control.key.lower()} "):
        fields = parse_advanced(f"{key}: {some_value(control)}")
        assert fields.keys() == set(control.fields)
        GenerationRequest(**{"prompt": "a", "seeds": (1,)} | fields)


def test_several_advanced_settings_may_stand_in_lines() -> None:
    assert parse_advanced("Eta: 0.5, ENSD: 31337,\nrng: nv") == {
        "eta": 0.5,
        "eta_noise_seed_delta": 31337,
        "noise_source": "nv",
    }
    assert parse_advanced(" , ") == {}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Ensdd: 3", "There is no setting called `Ensdd`. Try: ENSD."),
        ("Eta 0.5", "`Eta 0.5` is no setting: write them as in `Eta: 0.5, ENSD: 31337`."),
        ("Eta: 0.5, what", "`what` is no setting"),
        ("e: 3, Eta: 1", "`e: 3` is no setting"),
        ("Eta: 0.5, Eta DDIM: 0.3", "`Eta DDIM` is set twice"),
        ("RNG: TPU", "`RNG` takes one of CPU, NV, GPU, and `TPU` is not that."),
        ("Eta: ", "`Eta` takes a number"),
        ("x" * 6000 + ": 3", "There is no setting called `xxx"),
    ],
)
def test_advanced_settings_that_are_none_are_refused_in_a_sentence(
    text: str, sentence: str
) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        parse_advanced(text)
    assert sentence in refusal.value.message
    assert len(refusal.value.message) < 500


def made(options: dict[str, Any], advanced: str = "", preset: str | None = None) -> Any:
    return GenerationRequest(**{"seeds": (1,)} | fields_of(options, advanced, preset))


def test_the_nai_preset_is_one_choice_for_all_its_settings() -> None:
    request = made({"prompt": "a cat"}, preset="nai")
    assert (request.sampler, request.noise_source) == ("euler", "nv")
    assert (request.num_steps, request.guidance_scale) == (28, 11.0)
    assert (request.clip_skip, request.eta_noise_seed_delta) == (2, 31337)
    assert request.prompt == "masterpiece, best quality, a cat"
    assert request.negative_prompt.startswith("lowres, bad anatomy")


def test_what_is_set_beside_a_preset_wins() -> None:
    options = {"prompt": "a cat", "negative_prompt": "dog", "num_steps": 12}
    request = made(options, "Sampler: Euler a, RNG: CPU", "NAI")
    assert (request.num_steps, request.sampler, request.noise_source) == (12, "euler_a", "cpu")
    assert request.clip_skip == 2
    assert request.negative_prompt.endswith("artist name, dog")


def test_a_preset_that_is_none_and_a_setting_said_twice_are_refused() -> None:
    with pytest.raises(UnknownPreset, match="There is no preset called `NIA`"):
        made({"prompt": "a"}, preset="NIA")
    with pytest.raises(InvalidRequest, match="`Steps` is set twice, as an option and in"):
        made({"prompt": "a", "num_steps": 4}, "Steps: 5")
