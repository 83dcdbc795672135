"""Memory for a training: idle models make way at once, pictures in flight when they are done."""

import os
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from torch import Tensor, nn

from pipeline.config import PipelineConfig
from pipeline.errors import Cancelled, OutOfMemory
from pipeline.requests import GenerationRequest
from pipeline.results import (
    EngineEvent,
    Failed,
    Finished,
    GenerationProgress,
    TrainingNews,
    TrainingNote,
    TrainingProgress,
)
from pipeline.training.batches import Batch
from pipeline.training.textual_inversion import TextualInversion
from pipeline.workers.furnace import Furnace
from tests.pipeline.asking import teach
from tests.pipeline.workers.conftest import SIDES, SMALL, run


def test_models_that_are_idle_make_way_for_a_training(config: PipelineConfig) -> None:
    furnace = Furnace(config.model_copy(update={"model_memory": 1e-6}), "cpu")
    picture = GenerationRequest(id="picture", prompt="a red circle", **SMALL)
    furnace.submit(picture)
    run(furnace)
    assert "demo" in furnace.engine.models
    furnace.submit(teach("grau", **SIDES, num_steps=1))
    assert "demo" not in furnace.engine.models
    furnace.submit(picture)
    assert Finished("picture") in run(furnace)


def test_a_training_that_finds_too_little_memory_takes_that_of_idle_models(
    config: PipelineConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    furnace = Furnace(config, "cpu")
    furnace.submit(GenerationRequest(prompt="a red circle", **SMALL))
    run(furnace)

    def to(module: nn.Module, *where: Any, **how: Any) -> nn.Module:
        if "demo" in furnace.engine.models:
            raise torch.OutOfMemoryError
        return nn.Module.to(module, *where, **how)

    monkeypatch.setattr(UNet2DConditionModel, "to", to)
    furnace.submit(teach("grau", **SIDES, id="one", num_steps=1))
    assert run(furnace)[-1] == Finished("one")


@pytest.fixture
def crowded(config: PipelineConfig, monkeypatch: pytest.MonkeyPatch) -> Furnace:
    """One on whose device a training has no room while there is a model for pictures."""
    furnace = Furnace(config, "cpu")
    loss = TextualInversion.loss

    def to(module: nn.Module, *where: Any, **how: Any) -> nn.Module:
        if furnace.engine.models.loaded:
            raise torch.OutOfMemoryError
        return nn.Module.to(module, *where, **how)

    def loss_in_room(method: TextualInversion, batch: Batch) -> Tensor:
        if furnace.engine.models.loaded:
            raise torch.OutOfMemoryError
        return loss(method, batch)

    monkeypatch.setattr(UNet2DConditionModel, "to", to)
    monkeypatch.setattr(TextualInversion, "loss", loss_in_room)
    return furnace


def takes_turns(event: EngineEvent | TrainingNews) -> bool:
    return isinstance(event, TrainingNote) and "take turns" in event.text


def waits(event: EngineEvent | TrainingNews) -> bool:
    return isinstance(event, TrainingNote) and "once they are done" in event.text


def test_a_training_without_room_beside_pictures_is_loaded_once_they_are_done(
    crowded: Furnace,
) -> None:
    early = GenerationRequest(id="early", prompt="a red circle", **SMALL | {"num_steps": 10})
    late = GenerationRequest(id="late", prompt="a red circle", **SMALL)
    crowded.submit(early)
    run(crowded, lambda it: isinstance(it, GenerationProgress))
    crowded.submit(teach("grau", **SIDES, id="one", num_steps=1))
    crowded.submit(late)
    events = run(crowded)
    assert len([it for it in events if waits(it)]) == 1
    assert not [it for it in events if isinstance(it, Failed)]
    [step] = [place for place, it in enumerate(events) if isinstance(it, TrainingProgress)]
    done = [events.index(Finished(each)) for each in ("early", "one", "late")]
    assert done[0] < step < done[1]
    assert step < done[2]


def test_a_step_without_room_beside_pictures_is_taken_once_they_are_done(
    crowded: Furnace,
) -> None:
    pictures = [
        GenerationRequest(id=str(each), prompt="a red circle", **SMALL) for each in range(3)
    ]
    crowded.submit(teach("grau", **SIDES, id="one", num_steps=60))
    events = run(crowded, lambda it: isinstance(it, TrainingProgress))
    for each in pictures:
        crowded.submit(each)
        events += run(crowded, lambda it: isinstance(it, Finished))
        events += run(crowded, lambda it: isinstance(it, TrainingProgress))
    events += run(crowded)
    assert len([it for it in events if takes_turns(it)]) == 1
    assert not [it for it in events if isinstance(it, Failed)]
    steps = [it.num_done for it in events if isinstance(it, TrainingProgress)]
    assert steps == sorted(set(steps)), "no step is taken twice"


def test_a_training_that_left_for_room_is_paused_with_all_its_steps(
    crowded: Furnace, tmp_path: Path
) -> None:
    crowded.submit(teach("grau", **SIDES, id="one", num_steps=1000))
    run(crowded, lambda it: isinstance(it, TrainingProgress) and it.num_done >= 2)
    crowded.submit(GenerationRequest(prompt="a red circle", **SMALL | {"num_steps": 50}))
    run(crowded, takes_turns)
    crowded.cancel("one")
    [end] = [it for it in run(crowded) if isinstance(it, Failed)]
    assert isinstance(end.error, Cancelled)
    assert torch.load(tmp_path / "one" / "state.pt", weights_only=True)["num_steps"] >= 2


CROWDED = """
from pathlib import Path

import torch
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel

forward = UNet2DConditionModel.forward


def forward_in_room(*values, **named):
    if Path({sign!r}).exists():
        raise torch.OutOfMemoryError
    return forward(*values, **named)


UNet2DConditionModel.forward = forward_in_room
"""


@pytest.mark.slow
def test_a_training_by_deepspeed_without_room_beside_pictures_goes_on_once_they_are_done(
    config: PipelineConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its process cannot take a step back: it is begun anew, from where it was."""
    site, sign = tmp_path / "site", tmp_path / "crowded"
    site.mkdir()
    (site / "sitecustomize.py").write_text(CROWDED.format(sign=str(sign)))
    monkeypatch.setenv("PYTHONPATH", f"{site}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    furnace = Furnace(config, "cpu")
    method = {"kind": "dreambooth", "lora_rank": 0}
    taught = teach("grau", **SIDES, id="one", num_steps=60, method=method, optimizer="deepspeed2")
    furnace.submit(taught)
    events = run(furnace, lambda it: isinstance(it, TrainingProgress))
    furnace.submit(GenerationRequest(id="a", prompt="a red circle", **SMALL | {"num_steps": 50}))
    events += run(furnace, lambda it: isinstance(it, GenerationProgress))
    sign.touch()
    events += run(furnace, lambda it: it == Finished("a"))
    sign.unlink()
    events += run(furnace)
    assert not [it for it in events if isinstance(it, Failed)]
    assert len([it for it in events if waits(it)]) == 1
    assert events[-1] == Finished("one")
    steps = [it.num_done for it in events if isinstance(it, TrainingProgress)]
    assert steps == sorted(set(steps)), "no step is taken twice"
    assert steps[-1] == 60


@pytest.mark.parametrize("place", [UNet2DConditionModel, TextualInversion])
def test_a_training_that_does_not_even_fit_alone_fails_in_one_sentence(
    config: PipelineConfig, monkeypatch: pytest.MonkeyPatch, place: type
) -> None:
    furnace = Furnace(config, "cpu")
    furnace.submit(GenerationRequest(prompt="a red circle", **SMALL | {"num_steps": 5}))
    run(furnace, lambda it: isinstance(it, GenerationProgress))

    def fail(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError

    monkeypatch.setattr(place, "to" if place is UNet2DConditionModel else "loss", fail)
    furnace.submit(teach("grau", **SIDES, id="one", num_steps=1))
    events = run(furnace)
    [failed] = [it for it in events if isinstance(it, Failed)]
    assert (failed.request_id, type(failed.error)) == ("one", OutOfMemory)
    assert failed.error.message.count(".") == 1
    monkeypatch.undo()
    furnace.submit(GenerationRequest(id="next", prompt="a red circle", **SMALL))
    assert run(furnace)[-1] == Finished("next")
