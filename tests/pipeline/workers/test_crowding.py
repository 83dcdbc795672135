"""States in which a training and pictures without room for both could wait for each other."""

import weakref
from typing import Any

import pytest
import torch
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from torch import Tensor, nn

from pipeline.config import PipelineConfig
from pipeline.engine.finish import decode
from pipeline.engine.running_image import RunningImage
from pipeline.errors import Cancelled
from pipeline.requests import GenerationRequest
from pipeline.results import Failed, Finished, TrainingProgress
from pipeline.training.batches import Batch
from pipeline.training.textual_inversion import TextualInversion
from pipeline.workers.furnace import Furnace
from tests.pipeline.asking import teach
from tests.pipeline.workers.conftest import SIDES, SMALL, picture, run, samples_of, turns


def test_a_cancelled_picture_is_answered_beside_a_training_that_goes_on(narrow: Furnace) -> None:
    narrow.submit(teach("grau", **SIDES, id="one", num_steps=1000))
    run(narrow, lambda it: isinstance(it, TrainingProgress))
    narrow.submit(picture(1))
    narrow.cancel("picture 1")
    events = [it for _ in range(10) for it in narrow.step()]
    [failed] = [it for it in events if isinstance(it, Failed)]
    assert isinstance(failed.error, Cancelled)
    narrow.cancel("one")


def test_pictures_have_their_turn_beside_a_training_of_which_every_step_is_kept(
    narrow: Furnace,
) -> None:
    narrow.submit(teach("grau", **SIDES, id="one", num_steps=40, snapshot_every=1))
    run(narrow, lambda it: isinstance(it, TrainingProgress))
    narrow.submit(picture(1))
    ends = [it.request_id for it in run(narrow) if isinstance(it, Finished)]
    assert ends == ["picture 1", "one"]


def test_samples_of_every_step_are_made_although_few_snapshots_are_kept(narrow: Furnace) -> None:
    sample = GenerationRequest(prompt="a grau circle", **SMALL)
    settings = {**SIDES, "num_steps": 6, "sample_every": 1, "kept_snapshots": 1}
    narrow.submit(teach("grau", **settings, samples=(sample,), id="one"))
    assert [num_done for num_done, _ in samples_of(run(narrow))] == [*range(7)]


def test_samples_that_wait_for_pictures_in_flight_are_made_before_the_training_comes_back(
    narrow: Furnace,
) -> None:
    sample = GenerationRequest(prompt="a grau circle", **SMALL)
    settings = {**SIDES, "method": "dreambooth", "num_steps": 4, "sample_every": 2}
    narrow.submit(teach("grau", **settings, samples=(sample,), id="one"))
    events = run(narrow, lambda it: isinstance(it, TrainingProgress) and it.num_done == 2)
    narrow.submit(picture(1).model_copy(update={"num_steps": 50}))
    events += run(narrow)
    assert not [it for it in events if isinstance(it, Failed)]
    assert [num_done for num_done, _ in samples_of(events)] == [0, 2, 4]


def test_a_step_and_pictures_in_flight_that_have_no_room_together_are_both_made(
    config: PipelineConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    furnace = Furnace(config.model_copy(update={"model_turn": 0.0}), "cpu")
    loss = TextualInversion.loss
    there: weakref.WeakSet[TextualInversion] = weakref.WeakSet()

    def loss_in_room(method: TextualInversion, batch: Batch) -> Tensor:
        there.add(method)
        if furnace.engine.models_in_use:
            raise torch.OutOfMemoryError
        return loss(method, batch)

    def decode_in_room(image: RunningImage) -> Tensor:
        if there:
            raise torch.OutOfMemoryError
        return decode(image)

    monkeypatch.setattr(TextualInversion, "loss", loss_in_room)
    monkeypatch.setattr("pipeline.engine.engine.decode", decode_in_room)
    furnace.submit(teach("grau", **SIDES, id="one", num_steps=20))
    run(furnace, lambda it: isinstance(it, TrainingProgress))
    for number in (1, 2):
        furnace.submit(picture(number))
    events = turns(furnace, 5000)
    assert not [it for it in events if isinstance(it, Failed)]
    assert {it.request_id for it in events if isinstance(it, Finished)} == {
        "one",
        "picture 1",
        "picture 2",
    }


def test_samples_and_pictures_that_wait_for_each_others_memory_are_both_made(
    config: PipelineConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = {**config.models, "other": config.models["demo"]}
    furnace = Furnace(config.model_copy(update={"models": models, "model_turn": 1000.0}), "cpu")
    there: weakref.WeakSet[nn.Module] = weakref.WeakSet()

    def to(module: nn.Module, *where: Any, **how: Any) -> nn.Module:
        if len(set(there) - {module}) == 2:
            raise torch.OutOfMemoryError
        there.add(module)
        return nn.Module.to(module, *where, **how)

    def decode_alone(image: RunningImage) -> Tensor:
        if image.model.key == "other" and furnace.engine.models.set_aside:
            raise torch.OutOfMemoryError
        return decode(image)

    monkeypatch.setattr(UNet2DConditionModel, "to", to)
    monkeypatch.setattr("pipeline.engine.engine.decode", decode_alone)
    sample = GenerationRequest(prompt="a grau circle", **SMALL)
    settings = {**SIDES, "num_steps": 40, "sample_every": 39, "samples": (sample,)}
    furnace.submit(teach("grau", **settings, id="one"))
    events = run(furnace, lambda it: isinstance(it, TrainingProgress))
    furnace.submit(picture(1).model_copy(update={"model": "other"}))
    events += turns(furnace, 5000)
    assert not [it for it in events if isinstance(it, Failed)]
    assert {it.request_id for it in events if isinstance(it, Finished)} == {"one", "picture 1"}
    assert [num_done for num_done, _ in samples_of(events)] == [0, 39, 40]


def test_a_run_that_keeps_no_snapshot_is_not_begun_anew_for_pictures(narrow: Furnace) -> None:
    learned = teach("grau", **SIDES).pictures * 40
    method = {"kind": "aesthetic", "suffix": ".pt"}
    narrow.submit(teach("grau", **SIDES, id="one", method=method, pictures=learned))
    narrow.engine.crowding.found(["demo"])
    narrow.submit(picture(1))
    events = turns(narrow, 500)
    steps = [it.num_done for it in events if isinstance(it, TrainingProgress)]
    assert steps == sorted(set(steps))
    assert [it.request_id for it in events if isinstance(it, Finished)] == ["one", "picture 1"]
