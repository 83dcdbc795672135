"""Models and nets taught on every family, as small as they can be."""

from pathlib import Path

import pytest
import torch
from transformers import CLIPTokenizer

from pipeline.checkpoint import Family
from pipeline.errors import InvalidRequest
from pipeline.model_config import ModelConfig
from pipeline.models.loading import load_model
from pipeline.results import Artifact
from pipeline.training.train import train
from tests.pipeline.models.tiny import write_tiny
from tests.pipeline.training.conftest import RequestOf

FAMILIES: tuple[Family, ...] = ("sd1", "sd2", "sdxl")
METHODS = {
    "hypernetwork": {"kind": "hypernetwork"},
    "dreambooth": {"kind": "dreambooth", "trains_text_encoder": True, "lora_rank": 2},
}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("method", METHODS)
def test_hypernetworks_and_dreambooth_learn_on_every_family(
    request_of: RequestOf, tmp_path: Path, family: Family, method: str
) -> None:
    config = ModelConfig(path=write_tiny(tmp_path / "tiny", family))
    request = request_of(method=METHODS[method], num_steps=2, learning_rate="1e-3")
    events = list(train(request, "tiny", config, torch.device("cpu"), tmp_path / "run"))
    artifact = events[-1]
    assert isinstance(artifact, Artifact)
    folders = tmp_path / "tiny", artifact.path
    if method == "dreambooth":
        again = load_model("again", ModelConfig(path=artifact.path), torch.device("cpu"))
        assert again.family == family
        for before in (tmp_path / "tiny").glob("tokenizer*"):
            tokenizers = [CLIPTokenizer.from_pretrained(each / before.name) for each in folders]
            assert len({tokenizer.pad_token_id for tokenizer in tokenizers}) == 1


def test_a_model_for_inpainting_is_refused(request_of: RequestOf, tmp_path: Path) -> None:
    config = ModelConfig(path=write_tiny(tmp_path / "tiny", "sd1", in_channels=9))
    with pytest.raises(InvalidRequest, match="made for inpainting"):
        list(train(request_of(), "tiny", config, torch.device("cpu"), tmp_path / "run"))
