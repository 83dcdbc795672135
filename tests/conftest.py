"""Options and fixtures that every test may use."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from pipeline.models.model import Model

ROOT = Path(__file__).parents[1]
WEIGHTS = ROOT / "pipeline" / "models" / "demo" / "weights"

# How long one example takes says more about the machine's other work than about ours.
settings.register_profile("without deadline", deadline=None)
settings.load_profile("without deadline")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--golden-dir",
        type=Path,
        default=ROOT / "tests" / "golden" / "data",
        help="folder of the reference programs' numbers that tests/golden compares with",
    )


@pytest.fixture(scope="session")
def demo_model() -> "Model":
    """The demo model on the CPU, loaded once."""
    # Half of the tests never need torch: only those that ask for the model wait for its import.
    import torch

    from pipeline.model_config import ModelConfig
    from pipeline.models.loading import load_model

    return load_model("demo", ModelConfig(path=WEIGHTS), torch.device("cpu"))
