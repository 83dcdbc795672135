"""Methods on every family of models: what is learned is read where it is used."""

from pathlib import Path

import pytest
import torch

from pipeline.adapters.embedding import read_embedding
from pipeline.adapters.lora import read_lora
from pipeline.checkpoint import Family
from pipeline.model_config import ModelConfig
from pipeline.models.loading import load_model
from pipeline.models.model import Model
from pipeline.results import Artifact, TrainingProgress
from pipeline.training.train import train
from tests.pipeline.models.tiny import write_tiny
from tests.pipeline.training.conftest import RequestOf

CPU = torch.device("cpu")


@pytest.fixture(scope="module", params=["sd1", "sd2", "sdxl"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    family: Family = request.param
    return write_tiny(tmp_path_factory.mktemp("tiny") / family, family)


@pytest.fixture(scope="module")
def model(folder: Path) -> Model:
    return load_model("tiny", ModelConfig(path=folder), CPU)


@pytest.mark.parametrize("method", ["textual_inversion", "lora"])
def test_a_method_learns_on_it_and_its_result_fits_it(
    request_of: RequestOf, tmp_path: Path, folder: Path, model: Model, method: str
) -> None:
    request = request_of(method=method, num_steps=2, learning_rate="0.01", batch_size=2)
    events = list(train(request, "tiny", ModelConfig(path=folder), CPU, tmp_path))
    assert [type(event) for event in events] == [TrainingProgress, TrainingProgress, Artifact]
    artifact = events[-1]
    assert isinstance(artifact, Artifact)
    if method == "textual_inversion":
        assert read_embedding(artifact.path).width == model.token_width
        return
    lora = read_lora(artifact.path)
    for side in (model.unet_loras, model.text_loras):
        placed = side.place([(lora, 1.0)])
        assert placed is not None
        assert len(placed.branches) > 2
