"""A request as text in five fields, and back: nothing lost, nothing broken gets through."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import Refusal, sentence
from bot.intake.edits import FIELDS, as_texts, from_texts
from bot.intake.generation import GenerationIntake, TypedOptions
from bot.locales import Texts
from pipeline import GenerationRequest, InvalidRequest

SETTINGS: dict[str, Any] = {
    "negative_prompt": "blue, (ugly:1.2)\nNegative prompt: none",
    "width": 384,
    "height": 640,
    "num_steps": 33,
    "guidance_scale": 4.5,
    "sampler": "DPM++ 2M",
    "noise_schedule": "karras",
    "variation_seed": 9,
    "variation_strength": 0.25,
    "resized_from": (256, 512),
    "noise_source": "nv",
    "eta": 0.5,
    "eta_noise_seed_delta": 31337,
    "s_churn": 2.0,
    "discard_penultimate_sigma": True,
    "clip_skip": 2,
    "emphasis": "no_norm",
    "prompt_syntax": "nai",
    "comma_backtrack": 0,
}


def asked(intake: GenerationIntake, **settings: Any) -> GenerationRequest:
    request = intake.request(TypedOptions(prompt="a circle", seed=40, count=3), user_id=5)
    if settings.get("variation_strength"):
        settings["seeds"] = (40, 40, 40)
    return GenerationRequest(**request.model_dump() | settings)


@pytest.mark.parametrize("name", [*SETTINGS, "all"])
def test_fields_left_as_they_are_make_the_same_request(name: str, intake: GenerationIntake) -> None:
    chosen = SETTINGS if name == "all" else {name: SETTINGS[name]}
    request = asked(intake, **chosen)
    edited = from_texts(intake, request, as_texts(request), user_id=6)
    assert edited.id != request.id
    assert edited.user == "6"
    same = {"id": request.id, "user": request.user}
    assert edited.model_copy(update=same) == request


def test_what_is_taken_out_is_as_usual_and_without_a_seed_there_is_a_new_one(
    intake: GenerationIntake,
) -> None:
    request = asked(intake, **SETTINGS)
    texts = as_texts(request) | {"settings": "Steps: 12", "advanced": "", "size": "2:3"}
    edited = from_texts(intake, request, texts, user_id=6)
    assert edited.num_steps == 12
    assert (edited.eta, edited.clip_skip, edited.variation_strength) == (None, 1, 0.0)
    assert (edited.width, edited.height) == (416, 624)
    assert edited.seeds != request.seeds
    assert len(edited.seeds) == 3


@pytest.mark.parametrize(
    ("field", "text", "named"),
    [
        ("prompt", " ", "prompt is empty"),
        ("size", "17", "2:3"),
        ("settings", "Steps: many", "`Steps` takes a whole number"),
        ("settings", "Steps: 151", "151 steps"),
        ("settings", "Sampler: Eular", "Eular"),
        ("advanced", "Steps: 3", "set twice"),
        ("advanced", "Clip skip: 99", "Clip skip 99"),
        ("advanced", "Model: none", "none"),
        ("advanced", "nonsense", "is no setting"),
    ],
)
def test_what_cannot_be_followed_is_named(
    field: str, text: str, named: str, intake: GenerationIntake, texts: Texts
) -> None:
    request = asked(intake)
    with pytest.raises((InvalidRequest, Refusal)) as refused:
        from_texts(intake, request, as_texts(request) | {field: text}, user_id=6)
    assert named in sentence(refused.value, texts, "")


def test_the_size_is_set_in_one_place(intake: GenerationIntake) -> None:
    request = asked(intake)
    with pytest.raises(Refusal, match="own_field"):
        from_texts(intake, request, as_texts(request) | {"advanced": "Size: 64x64"}, user_id=6)


MUTATED = st.text(max_size=40) | st.sampled_from(
    ["Seed: -1", "Seed: 99999999999", "Steps: 1e9", "Eta: nan", "ENSD: ∞", "Size: 8x8", ", , :", ""]
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.fixed_dictionaries({name: MUTATED for name in FIELDS}))
def test_whatever_is_written_is_a_request_or_a_refusal(
    texts: dict[str, str], intake: GenerationIntake
) -> None:
    try:
        from_texts(intake, asked(intake), texts, user_id=6)
    except (InvalidRequest, Refusal):
        return
