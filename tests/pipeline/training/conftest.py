"""Small runs on the demo model: pictures of a grey circle, in the smallest training size."""

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
import torch
from PIL import Image

from pipeline.model_config import ModelConfig
from pipeline.models.demo.pictures import COLOURS, Picture, Thing, draw
from pipeline.training.loop import Training
from pipeline.training.train import train
from pipeline.training_request import TrainingPicture, TrainingRequest
from tests.conftest import WEIGHTS
from tests.pipeline.pictures import encoded

GREY = (0.55, 0.45, 0.6)

RequestOf: TypeAlias = Callable[..., TrainingRequest]
Run: TypeAlias = Callable[[TrainingRequest, Path], Training]


def drawn(background: str, size: int = 128) -> bytes:
    """A PNG of a grey circle."""
    thing = Thing("circle", GREY, 0.5, 0.5, 0.29)
    levels = draw(Picture(size, size, COLOURS[background], (thing,))) * 255
    return encoded(Image.fromarray(levels.round().astype(np.uint8)))


@pytest.fixture(scope="session")
def pictures() -> tuple[TrainingPicture, ...]:
    return tuple(
        TrainingPicture(content=drawn(background), caption=f"{background} background")
        for background in ("red", "yellow", "green", "white")
    )


@pytest.fixture
def request_of(pictures: tuple[TrainingPicture, ...]) -> RequestOf:
    """A request of few steps, with whatever a test wants otherwise."""

    def request_of(**values: Any) -> TrainingRequest:
        usual = {
            "name": "grau",
            "pictures": pictures,
            "width": 64,
            "height": 64,
            "num_steps": 4,
            "template": "a [name] circle, [filewords]",
            "seed": 5,
        }
        return TrainingRequest(**usual | values)

    return request_of


@pytest.fixture
def run() -> Iterator[Run]:
    """Run a request on the CPU; what is left unfinished is closed."""
    begun: list[Training] = []

    def run(request: TrainingRequest, folder: Path) -> Training:
        begun.append(train(request, "demo", ModelConfig(path=WEIGHTS), torch.device("cpu"), folder))
        return begun[-1]

    yield run
    for each in begun:
        each.close()


def children() -> set[int]:
    """Processes that this one started."""
    tasks = Path("/proc/self/task").iterdir()
    return {int(pid) for task in tasks for pid in (task / "children").read_text().split()}


@contextmanager
def full_disk(pid: int = 0, room: int = 1500) -> Iterator[None]:
    """Let no file of a process grow beyond so many bytes: pytest's own may be larger already."""
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


def events_of(training: Training, kind: type[Any]) -> list[Any]:
    """All of a run's events of one kind, to its end."""
    return [event for event in training if isinstance(event, kind)]
