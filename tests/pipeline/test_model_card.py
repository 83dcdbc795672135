"""What a model's files say of it, without loading them."""

import hashlib
import shutil
from pathlib import Path

import pytest

from pipeline.errors import ModelUnavailable
from pipeline.model_card import ModelCard, model_card, model_hash
from pipeline.model_config import ModelConfig
from tests.conftest import WEIGHTS


def test_a_folder_is_known_by_its_settings_and_its_unets_weights() -> None:
    config = ModelConfig(path=WEIGHTS)
    assert model_card("demo", config) == ModelCard("demo", "sd1", 128)
    weights = (WEIGHTS / "unet" / "diffusion_pytorch_model.safetensors").read_bytes()
    assert model_hash("demo", config) == hashlib.sha256(weights).hexdigest()[:10]


@pytest.mark.parametrize("missing", ["model_index.json", "unet", "text_encoder"])
def test_a_folder_that_is_not_whole_is_said_to_be(tmp_path: Path, missing: str) -> None:
    shutil.copytree(WEIGHTS, tmp_path / "model", ignore=shutil.ignore_patterns(missing))
    config = ModelConfig(path=tmp_path / "model")
    with pytest.raises(ModelUnavailable, match="a file is missing or damaged"):
        model_card("demo", config)
