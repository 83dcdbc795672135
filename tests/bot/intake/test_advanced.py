"""Advanced settings and presets beside `/imagine`'s options, and their completion while typed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Refusal
from bot.intake.advanced import completions
from bot.intake.defaults import Defaults
from bot.intake.generation import GenerationIntake, TypedOptions
from pipeline import CONTROLS, Control, GenerationRequest, InvalidRequest

NOBODYS = Defaults({}, {})


def asked(
    intake: GenerationIntake, defaults: Defaults = NOBODYS, **typed: Any
) -> GenerationRequest:
    return intake.request(defaults.fill_in({"prompt": "a cat"} | typed), user_id=5)


def test_advanced_settings_are_in_the_request(intake: GenerationIntake) -> None:
    request = asked(intake, advanced="Eta: 0.5, ENSD: 31337, size: 512x768, Seed: 4", count=2)
    assert (request.eta, request.eta_noise_seed_delta) == (0.5, 31337)
    assert (request.width, request.height, request.seeds) == (512, 768, (4, 5))


def value_of(control: Control) -> str:
    return {"model": "sd", "sampler": "Euler", "noise_schedule": "Karras", "width": "512x512"}.get(
        control.fields[0], control.offered[-1] if control.offered else "2"
    )


@pytest.mark.parametrize("control", CONTROLS, ids=[control.key for control in CONTROLS])
def test_every_control_can_be_set(control: Control, intake: GenerationIntake) -> None:
    request = asked(intake, advanced=f"{control.key}: {value_of(control)}")
    read = GenerationRequest(**{"prompt": "a", "seeds": (1,)} | control.read(value_of(control)))
    for name in control.fields:
        assert getattr(request, name) == getattr(read, name)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"advanced": "Eta: -1"}, "eta -1.0 is not possible: take 0 to 100."),
        ({"advanced": "Etta: 1"}, "There is no setting called `Etta`. Try: Eta"),
        ({"advanced": "Sampler: Eular"}, "There is no sampler called `Eular`"),
        ({"advanced": "Variation seed: -1"}, "Variation seed -1 is not possible"),
        ({"advanced": "Model: nothing"}, "There is no model called `nothing`"),
        ({"advanced": "Steps: 3", "steps": 4}, "`Steps` is set twice, as an option and in"),
        (
            {"advanced": "Schedule type: Uniform", "sampler": "DPM++ 2M Karras"},
            "`Schedule type` is set twice, in the sampler's name and in `advanced`",
        ),
        ({"preset": "NIA"}, "There is no preset called `NIA`. Try: NAI."),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    typed: dict[str, Any], sentence: str, intake: GenerationIntake
) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        asked(intake, **typed)
    assert sentence in refusal.value.message


def test_a_size_set_twice_is_refused(intake: GenerationIntake) -> None:
    with pytest.raises(Refusal) as refusal:
        asked(intake, advanced="Size: 512x512", size="2:3")
    assert refusal.value.key == "imagine.size_twice"


def test_what_is_set_now_wins_over_a_preset_and_a_preset_over_what_was_kept(
    intake: GenerationIntake,
) -> None:
    kept = Defaults(
        {"steps": 33, "sampler": "DPM++ 2M Karras", "negative_prompt": "frame"}, {"size": "2:3"}
    )
    request = asked(intake, kept, preset="NAI", guidance_scale=5.0, advanced="Clip skip: 1")
    assert (request.sampler, request.num_steps, request.noise_source) == ("euler", 28, "nv")
    assert (request.guidance_scale, request.clip_skip) == (5.0, 1)
    assert request.negative_prompt.endswith("artist name, frame")
    assert request.width < request.height
    request = asked(intake, kept, advanced="Schedule type: Uniform")
    assert (request.sampler, request.noise_schedule) == ("dpmpp_2m", "uniform")


def test_advanced_settings_that_were_kept_yield_to_what_is_set_now(
    intake: GenerationIntake,
) -> None:
    kept = Defaults({"advanced": "Steps: 30, Size: 512x768, Clip skip: 3", "preset": "NAI"}, {})
    request = asked(intake, kept)
    assert (request.num_steps, request.height, request.clip_skip) == (30, 768, 3)
    assert (request.sampler, request.guidance_scale) == ("euler", 11.0)
    request = asked(intake, kept, steps=5, size="512x512")
    assert (request.num_steps, request.height, request.clip_skip) == (5, 512, 3)
    request = asked(intake, kept, preset="NAI", advanced="ENSD: 1")
    assert (request.num_steps, request.eta_noise_seed_delta) == (28, 1)
    request = asked(intake, Defaults({"advanced": "Steps: 30"}, {}), preset="NAI")
    assert request.num_steps == 28


def test_pictures_that_a_variation_seed_varies_share_their_seed(intake: GenerationIntake) -> None:
    varied = "Variation seed: 5, Variation seed strength: 0.2"
    request = asked(intake, seed=7, count=3, advanced=varied)
    assert request.seeds == (7, 7, 7)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("ens", ["ENSD: "]),
        ("Eta: 0.5, ens", ["Eta: 0.5, ENSD: "]),
        ("Eta: 0.5, rng:", ["Eta: 0.5, RNG: CPU", "Eta: 0.5, RNG: NV", "Eta: 0.5, RNG: GPU"]),
        ("RNG: n", ["RNG: n", "RNG: NV"]),
        ("clip skip: 2", ["Clip skip: 2"]),
        (", ,ens", ["ENSD: "]),
        ("ENSD: 5", ["ENSD: 5"]),
        ("nothing: 3", []),
        ("emphasis: non", ["Emphasis: non", "Emphasis: None"]),
        (
            "emphasis: no",
            ["Emphasis: no", "Emphasis: No norm", "Emphasis: None", "Emphasis: Ignore"],
        ),
    ],
)
def test_completion_goes_on_from_what_is_typed(typed: str, expected: list[str]) -> None:
    assert list(completions(typed)) == expected


def test_completion_offers_every_setting_and_none_twice() -> None:
    assert list(completions("")) == [f"{control.key}: " for control in CONTROLS]
    offered = list(completions("Eta: 1, RNG: NV, "))
    assert offered[0] == "Eta: 1, RNG: NV"
    assert "Eta: 1, RNG: NV, ENSD: " in offered
    assert not [line for line in offered if line.endswith(("Eta: ", "RNG: "))]


@given(st.text())
def test_anything_may_be_typed(typed: str) -> None:
    assert all(line.strip(" ,") for line in completions(typed))


def test_options_that_are_left_out_keep_nothing_from_advanced(intake: GenerationIntake) -> None:
    request = intake.request(TypedOptions(prompt="a", advanced="Steps: 9"), user_id=5)
    assert request.num_steps == 9
