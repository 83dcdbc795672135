"""A device that makes pictures and trains on the demo model, and how it is driven."""

import weakref
from collections.abc import Callable, Sequence
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from PIL import Image
from torch import nn

from pipeline.config import PipelineConfig
from pipeline.requests import GenerationRequest
from pipeline.results import EngineEvent, SamplePictures, TrainingNews
from pipeline.workers.furnace import Furnace
from tests.conftest import WEIGHTS

Events = list[EngineEvent | TrainingNews]

SIDES = {"width": 64, "height": 64}
SMALL: dict[str, Any] = {**SIDES, "num_steps": 2, "seeds": (1,)}


@pytest.fixture
def config(tmp_path: Path) -> PipelineConfig:
    return PipelineConfig.model_validate(
        {"models": {"demo": {"path": WEIGHTS}}, "training": str(tmp_path)}
    )


@pytest.fixture
def single_unet(monkeypatch: pytest.MonkeyPatch) -> None:
    """A device that has memory for one UNet."""
    there: weakref.WeakSet[nn.Module] = weakref.WeakSet()

    def to(module: nn.Module, *where: Any, **how: Any) -> nn.Module:
        if set(there) - {module}:
            raise torch.OutOfMemoryError
        there.add(module)
        return nn.Module.to(module, *where, **how)

    monkeypatch.setattr(UNet2DConditionModel, "to", to)


@pytest.fixture
def narrow(config: PipelineConfig, single_unet: None) -> Furnace:
    clock = count()  # every look is a second: what a turn does, a stay is a few turns long
    config = config.model_copy(update={"model_turn": 0.0})
    return Furnace(config, "cpu", lambda: float(next(clock)))


def picture(number: int) -> GenerationRequest:
    return GenerationRequest(id=f"picture {number}", prompt="a red circle", **SMALL)


def run(
    furnace: Furnace, until: Callable[[EngineEvent | TrainingNews], bool] = lambda _: False
) -> Events:
    """What comes of turns until something has come, or until there is nothing more to do."""
    events: Events = []
    while not furnace.idle and not any(map(until, events)):
        events += furnace.step()
    return events


def turns(furnace: Furnace, most: int) -> Events:
    """What comes of so many turns, or of fewer where there is nothing more to do."""
    return [event for _ in range(most) if not furnace.idle for event in furnace.step()]


def samples_of(events: Sequence[EngineEvent | TrainingNews]) -> list[tuple[int, list[bytes]]]:
    """After how many steps which pixels were shown."""
    return [
        (it.num_done, [Image.open(BytesIO(png)).tobytes() for png in it.pictures])
        for it in events
        if isinstance(it, SamplePictures)
    ]
