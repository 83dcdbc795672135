"""What a training is made of where somebody says only a few words."""

from typing import Any

import pytest
from PIL import Image

from pipeline.errors import InvalidRequest
from pipeline.learning_rates import rates_by_step
from pipeline.model_config import MethodHabits, ModelConfig, TrainingHabits
from pipeline.training_methods import METHODS
from pipeline.training_presets import (
    MAX_KEPT_CHECKPOINTS,
    SETTABLE,
    TRAINING_PRESETS,
    TrainingWish,
    training_fields,
)
from pipeline.training_request import TrainingPicture, TrainingRequest
from pipeline.training_templates import template_lines
from tests.pipeline.pictures import encoded

PICTURE = encoded(Image.new("RGB", (64, 64)))
MODEL = ModelConfig(path="any", size=512)


def asked(
    method: str = "lora", captions: tuple[str, ...] = ("",), model: ModelConfig = MODEL, **said: str
) -> TrainingRequest:
    wish = TrainingWish(**{"name": "zuk", "model": "sd", "method": method, **said})
    pictures = tuple(TrainingPicture(content=PICTURE, caption=it) for it in captions)
    return TrainingRequest(**training_fields(wish, model, captions), pictures=pictures)


@pytest.mark.parametrize("preset", [it.name for it in TRAINING_PRESETS])
@pytest.mark.parametrize("method", METHODS)
def test_every_preset_of_every_method_makes_a_request(method: str, preset: str) -> None:
    request = asked(method, ("",) * 6, preset=preset, subject="dog")
    assert (request.width, request.model, request.method.kind) == (512, "sd", method)
    assert method == "aesthetic" or request.holds_out


def test_quick_takes_half_the_usual_steps_and_thorough_twice_as_many() -> None:
    assert [asked(preset=it.name).num_steps for it in TRAINING_PRESETS] == [750, 1500, 3000]
    assert asked("dreambooth", preset="normal").learning_rate == "5e-06:600, 1.25e-06"


def test_a_model_with_habits_of_its_own_learns_by_them() -> None:
    habits = TrainingHabits(lora=MethodHabits(num_steps=480, learning_rate=2e-3, batch_size=4))
    request = asked(model=MODEL.model_copy(update={"training": habits}))
    assert (request.num_steps, request.batch_size) == (240, 4)
    rates = rates_by_step(request.schedule, request.num_steps)
    assert [rates[0], rates[179], rates[180], rates[-1]] == [2e-3, 2e-3, 5e-4, 5e-4]


def test_what_is_typed_wins_over_the_preset_and_the_rest_follows_from_it() -> None:
    advanced = 'num_steps: 50, Rank: 4, learning rate: "1e-3:10, 1e-4", flip: 0.5'
    request = asked(advanced=advanced)
    assert (request.num_steps, request.flip, request.snapshot_every) == (50, 0.5, 10)
    assert request.learning_rate == "1e-3:10, 1e-4"
    assert request.method.rank == 4  # type: ignore[union-attr]
    assert asked(advanced="num_steps: 40").learning_rate == "0.0001:30, 2.5e-05"


@pytest.mark.parametrize(
    ("advanced", "sentence"),
    [
        ("ranc: 4", "There is no setting `ranc` here. Of this method there are: alpha, conv"),
        ("pictures: 4", "There is no setting `pictures`"),
        ("resume_from: 4", "There is no setting `resume_from`"),
        ("rank: 4, rank: 5", "`rank` is set twice"),
        ("rank", "`rank` is no setting: write them as in"),
        ("rank: many", "rank: input should be a valid integer"),
        ("num_steps: many", "`many` is no number of steps"),
        ("num_steps: 10000000", "num steps: input should be less than"),
        ("learning_rate: fast", "The learning rate `fast` cannot be read"),
        ("width: 100", "A training size of 100 pixels is not possible"),
    ],
)
def test_what_cannot_be_set_is_said_in_a_sentence(advanced: str, sentence: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        asked(advanced=advanced)
    assert sentence in caught.value.message


@pytest.mark.parametrize("said", [{"preset": "slow"}, {"method": "osmosis"}])
def test_an_unknown_preset_or_method_is_refused_with_those_there_are(said: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest, match=r"quick|textual_inversion"):
        asked(**said)


def test_every_field_that_may_be_typed_is_one_of_a_request() -> None:
    assert TrainingRequest.model_fields.keys() > SETTABLE
    assert not SETTABLE & {"id", "user", "max_running", "pictures", "samples"}


@pytest.mark.parametrize(
    ("method", "subject", "captions", "line"),
    [
        ("lora", "dog", ("",), "a photo of [name]"),
        ("textual_inversion", "dog", ("",), "a photo of [name]"),
        ("lora", "dog", ("", "on grass"), "a photo of [name], [filewords]"),
        ("lora", "Style", ("on grass",), "[filewords], a painting in the style of [name]"),
        ("lora", "dog", ("a Zuk on grass", "my zuk"), "[filewords]"),
    ],
)
def test_the_sentence_around_a_name_suits_what_is_known_of_the_pictures(
    method: str, subject: str, captions: tuple[str, ...], line: str
) -> None:
    request = asked(method, captions, subject=subject)
    assert template_lines(request.template)[0] == line


def test_sample_pictures_ask_for_the_subject_as_people_will_by_its_name_alone() -> None:
    first, *others = asked(subject="dog").samples
    assert first.prompt == "a photo of zuk <lora:zuk:1>"
    assert all("zuk" in it.prompt and "background" in it.prompt for it in others)
    assert asked("textual_inversion", subject="dog").samples[0].prompt == "a photo of zuk"
    assert asked("hypernetwork").samples[0].prompt.endswith(" <hypernet:zuk:1>")
    assert "zuk style" in asked(subject="style").samples[0].prompt
    assert len(first.seeds) > 1  # the watch looks whether seeds still differ


def test_dreambooth_keeps_the_class_where_there_is_one_and_time_for_it() -> None:
    kept = asked("dreambooth", subject="dog", preset="normal").method
    assert kept.class_prompts == ("a photo of a dog",)  # type: ignore[union-attr]
    for preset, subject in (("quick", "dog"), ("normal", ""), ("normal", "Style")):
        lost = asked("dreambooth", preset=preset, subject=subject).method
        assert lost.class_prompts == ()  # type: ignore[union-attr]


def test_what_is_as_large_as_a_model_is_saved_seldom_and_kept_a_few_times() -> None:
    whole, small = asked("dreambooth"), asked("lora")
    assert whole.kept_snapshots == MAX_KEPT_CHECKPOINTS < small.kept_snapshots
    saved = [it.num_steps // min(it.watch_every, it.sample_every) for it in (whole, small)]
    assert saved == [4, 10]


def test_a_picture_is_held_out_only_of_enough() -> None:
    assert [asked(captions=("",) * it).holds_out for it in (4, 5)] == [False, True]


def test_the_watch_ends_only_what_it_is_known_to_judge_rightly() -> None:
    ended = {it for it in METHODS if asked(it, ("",) * 6).stops_when_blown}
    assert ended == {"textual_inversion", "lora"}
