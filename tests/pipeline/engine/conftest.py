"""The real engine on the demo model, small enough for two cores."""

from collections.abc import Callable
from typing import Any

import pytest

from pipeline.config import PipelineConfig, read_pipeline_config, read_toml
from pipeline.engine.engine import Engine
from pipeline.requests import GenerationRequest
from pipeline.results import EngineEvent
from tests.conftest import ROOT

SIZE = 64  # pixels


@pytest.fixture(scope="session")
def config() -> PipelineConfig:
    return read_pipeline_config(read_toml(ROOT / "config.toml")["pipeline"], ROOT)


@pytest.fixture
def engine(config: PipelineConfig) -> Engine:
    return Engine(config, "cpu")


@pytest.fixture
def reproducible(config: PipelineConfig) -> Callable[[], Engine]:
    fixed = config.model_copy(update={"reproducible": True, "max_images_in_flight": 4})
    return lambda: Engine(fixed, "cpu")


def request_of(**values: Any) -> GenerationRequest:
    """A small request; what is not said is the same every time."""
    defaults = {"prompt": "a red circle", "seeds": (1,), "num_steps": 3}
    return GenerationRequest(**{"width": SIZE, "height": SIZE} | defaults | values)


def run(engine: Engine) -> list[EngineEvent]:
    """Step until nothing is left to do."""
    events: list[EngineEvent] = []
    while not engine.idle:
        events += engine.step()
    return events
