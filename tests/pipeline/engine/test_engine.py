"""What `step` promises, on the demo model."""

import logging
from collections.abc import Generator
from itertools import pairwise
from typing import cast

import pytest
import torch

from pipeline.config import PipelineConfig
from pipeline.engine.engine import Engine
from pipeline.engine.running_image import RunningImage
from pipeline.errors import Cancelled, GenerationFailed, InvalidPicture, OutOfMemory, UnknownModel
from pipeline.images.files import read_settings
from pipeline.images.inpainting import Overlay
from pipeline.results import Failed, Finished, GeneratedImage, GenerationProgress
from pipeline.sampling.evaluation import Evaluation
from tests.pipeline.engine.conftest import request_of, run


def admit(engine: Engine, *ids: str, **values: object) -> list[RunningImage]:
    """Let requests with these ids come in, without a UNet call in between if nothing runs yet."""
    for name in ids:
        engine.submit(request_of(id=name, **values))
    while engine.waiting:
        engine.step()
    return engine.running


def test_a_request_becomes_pictures_with_their_settings_inside(engine: Engine) -> None:
    engine.submit(request_of(id="a", seeds=(7, 8), wants_previews=True))
    events = run(engine)
    images = [event for event in events if isinstance(event, GeneratedImage)]
    assert [image.seed for image in images] == [7, 8]
    assert events[-1] == Finished("a")
    assert read_settings(images[0].png) == images[0].infotext
    assert "Steps: 3, Sampler: Euler a" in images[0].infotext


def test_progress_counts_the_calls_of_all_images_and_shows_a_preview(engine: Engine) -> None:
    engine.submit(request_of(sampler="heun", seeds=(7, 8), wants_previews=True))
    reports = [event for event in run(engine) if isinstance(event, GenerationProgress)]
    assert reports[0].num_total == 2 * 5
    assert reports[0].preview is not None
    assert 0 < reports[0].fraction <= 1


def test_a_sampler_that_chooses_its_steps_gets_on_and_is_done_at_the_end(engine: Engine) -> None:
    [image] = admit(engine, "a", sampler="dpm_adaptive")
    fractions = []
    while engine.running:
        engine.step()
        fractions.append(image.num_done / image.num_total)
    assert max(fractions[:-1]) < 1
    assert fractions[-1] == 1
    assert fractions[len(fractions) // 2] > 0.1


def test_without_guidance_an_image_takes_one_row(engine: Engine) -> None:
    admit(engine, "a", guidance_scale=1.0, num_steps=4)
    run(engine)
    assert engine.num_rows_answered == 4


def test_a_newcomer_is_in_the_very_next_unet_call(engine: Engine) -> None:
    admit(engine, "a", "b", num_steps=9)
    engine.submit(request_of(id="newcomer"))
    while not any(image.request.id == "newcomer" for image in engine.running):
        engine.step()
    [newcomer] = [image for image in engine.running if image.request.id == "newcomer"]
    engine.step()
    assert newcomer.num_done == 1


def test_one_nan_picture_fails_alone(engine: Engine) -> None:
    sick, well = admit(engine, "sick", "well")
    sick.evaluation = Evaluation(sick.evaluation.latents * torch.nan, sick.evaluation.sigma)
    events = run(engine)
    [failed] = [event for event in events if isinstance(event, Failed)]
    assert (failed.request_id, type(failed.error)) == ("sick", InvalidPicture)
    assert Finished("well") in events
    assert well.latents is not None


def test_one_sampler_that_raises_fails_alone_and_is_logged(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(evaluation: Evaluation) -> Generator[Evaluation, torch.Tensor, torch.Tensor]:
        yield evaluation
        raise ZeroDivisionError

    sick, _ = admit(engine, "sick", "well")
    sick.sampler = broken(sick.evaluation)
    next(sick.sampler)
    with caplog.at_level(logging.ERROR):
        events = run(engine)
    [failed] = [event for event in events if isinstance(event, Failed)]
    assert (failed.request_id, type(failed.error)) == ("sick", GenerationFailed)
    assert Finished("well") in events
    assert "sick" in caplog.text


def test_a_row_that_spoils_a_call_fails_alone(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    sick, _ = admit(engine, "sick", "well")
    sick.evaluation = Evaluation(sick.evaluation.latents.expand(1, 4, 8, 8), float("-inf"))
    events = run(engine)
    assert [event.request_id for event in events if isinstance(event, Failed)] == ["sick"]
    assert Finished("well") in events


def test_what_is_withdrawn_is_dropped_waiting_or_running(engine: Engine) -> None:
    admit(engine, "running")
    engine.submit(request_of(id="waiting"))
    for name in ("running", "waiting", "unknown"):
        engine.cancel(name)
    failed = [event for event in run(engine) if isinstance(event, Failed)]
    assert [(event.request_id, type(event.error)) for event in failed] == [
        ("running", Cancelled),
        ("waiting", Cancelled),
    ]


def test_a_unet_call_comes_between_any_two_other_turns(engine: Engine) -> None:
    admit(engine, "a", num_steps=30)
    for number in range(4):
        engine.submit(request_of(id=str(number), num_steps=1))
    turns = []
    while engine.running or engine.waiting:
        turns.append(engine.next_turn)
        engine.step()
    others = [index for index, turn in enumerate(turns) if turn != "denoise"]
    assert len(others) >= 8
    assert all(second - first > 1 for first, second in pairwise(others))


def test_long_prompts_and_other_sizes_run_beside_short_ones(engine: Engine) -> None:
    engine.submit(request_of(id="long", prompt="a red circle, " * 30))
    engine.submit(request_of(id="wide", width=96))
    engine.submit(request_of(id="short"))
    events = run(engine)
    finished = {event.request_id for event in events if isinstance(event, Finished)}
    assert finished == {"long", "wide", "short"}


def test_a_lone_large_picture_is_served_as_often_as_each_of_a_crowd(engine: Engine) -> None:
    admit(engine, "large", width=128, num_steps=12)
    admit(engine, *map(str, range(engine.max_images + 3)), num_steps=12)
    for _ in range(12):
        engine.step()
    counts = [image.num_done for image in engine.running]
    assert max(counts) - min(counts) <= 2 + engine.max_images  # the large one was there first
    assert min(counts) >= 3


def test_an_unknown_model_is_refused_by_name_and_the_engine_goes_on(engine: Engine) -> None:
    engine.submit(request_of(id="a", model="nowhere"))
    engine.submit(request_of(id="b"))
    events = run(engine)
    [failed] = [event for event in events if isinstance(event, Failed)]
    assert isinstance(failed.error, UnknownModel)
    assert Finished("b") in events


def test_a_reproducible_picture_shares_no_call(config: PipelineConfig) -> None:
    engine = Engine(config.model_copy(update={"reproducible": True}), "cpu")
    admit(engine, "a")
    admit(engine, "b", "c", guidance_scale=1.0)
    served = []
    while len(engine.running) == 3:
        rows = engine.batcher.choose(engine.running)
        assert {id(row.image) for row in rows} == {id(rows[0].image)}
        assert len(rows) == len(rows[0].image.texts)
        served.append(rows[0].image.request.id)
        engine.step()
    counts = [served.count(name) for name in "abc"]
    assert max(counts) - min(counts) <= 2  # a was there before the others


@pytest.mark.parametrize("reproducible", [False, True])
def test_a_device_that_is_too_small_is_said_once_and_not_tried_for_ever(
    config: PipelineConfig, reproducible: bool
) -> None:
    def too_small(*_: object) -> None:
        raise torch.OutOfMemoryError

    engine = Engine(config.model_copy(update={"reproducible": reproducible}), "cpu")
    admit(engine, "a", seeds=(1, 2))
    handle = engine.running[0].model.unet.register_forward_pre_hook(too_small)
    failed = [event for event in run(engine) if isinstance(event, Failed)]
    assert [(event.request_id, type(event.error)) for event in failed] == [("a", OutOfMemory)]
    handle.remove()
    engine.submit(request_of(id="b"))
    assert Finished("b") in run(engine)


def test_steps_go_on_while_a_picture_is_written(engine: Engine) -> None:
    """A picture comes out some turns after its decoding, whole and with its request's end."""
    engine.submit(request_of(id="a", seeds=(1, 2), num_steps=1))
    engine.submit(request_of(id="b", num_steps=8))
    turns, pictures = [], []
    while not engine.idle:
        turns.append(engine.next_turn)
        pictures += [it.request_id for it in engine.step() if isinstance(it, GeneratedImage)]
    assert pictures == ["a", "a", "b"]
    assert turns.index("decode") < len(turns) - 1 - turns[::-1].index("denoise")
    assert turns[-1] == "write"


def test_a_picture_that_cannot_be_written_fails_its_request_alone(engine: Engine) -> None:
    admit(engine, "a", seeds=(1, 2), num_steps=1)
    for image in engine.running:
        image.overlay = cast(Overlay, object())  # nothing can be laid over a picture with it
    engine.submit(request_of(id="b", num_steps=1))
    events = run(engine)
    [failed] = [event for event in events if isinstance(event, Failed)]
    assert (failed.request_id, type(failed.error)) == ("a", GenerationFailed)
    assert [it.request_id for it in events if isinstance(it, GeneratedImage)] == ["b"]
    assert Finished("b") in events
