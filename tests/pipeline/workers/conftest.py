"""A device that makes pictures and trains on the demo model, and how it is driven."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import PipelineConfig
from pipeline.results import EngineEvent, TrainingNews
from pipeline.workers.furnace import Furnace
from tests.conftest import WEIGHTS

SIDES = {"width": 64, "height": 64}
SMALL: dict[str, Any] = {**SIDES, "num_steps": 2, "seeds": (1,)}


@pytest.fixture
def config(tmp_path: Path) -> PipelineConfig:
    return PipelineConfig.model_validate(
        {"models": {"demo": {"path": WEIGHTS}}, "training": str(tmp_path)}
    )


def run(
    furnace: Furnace, until: Callable[[EngineEvent | TrainingNews], bool] = lambda _: False
) -> list[EngineEvent | TrainingNews]:
    """What comes of turns until something has come, or until there is nothing more to do."""
    events: list[EngineEvent | TrainingNews] = []
    while not furnace.idle and not any(map(until, events)):
        events += furnace.step()
    return events
