"""How large what is learned will be, where that can be told. Of models: `models/test_saving`."""

import shutil
from pathlib import Path

import torch

from pipeline.checkpoint import num_weights
from pipeline.model_config import ModelConfig
from pipeline.training_methods import DreamBoothSettings, LoraSettings
from pipeline.training_sizes import BYTES, learned_bytes
from tests.conftest import WEIGHTS


def test_of_what_is_small_pickled_or_not_here_nothing_is_said(tmp_path: Path) -> None:
    assert learned_bytes(LoraSettings(), ModelConfig(path=WEIGHTS)) is None
    fetched = tmp_path / "fetched"
    shutil.copytree(WEIGHTS, fetched, ignore=shutil.ignore_patterns("*.safetensors"))
    assert learned_bytes(DreamBoothSettings(), ModelConfig(path=fetched)) is None
    for part in ("unet", "vae", "text_encoder"):
        torch.save({}, fetched / part / "pytorch_model.bin")
    assert learned_bytes(DreamBoothSettings(), ModelConfig(path=fetched)) is None


def test_of_a_model_in_shards_all_count(tmp_path: Path) -> None:
    shutil.copytree(WEIGHTS, tmp_path / "model")
    unet = tmp_path / "model" / "unet"
    file = unet / "diffusion_pytorch_model.safetensors"
    for number in (1, 2):
        shutil.copy(file, unet / f"diffusion_pytorch_model-{number:05}-of-00002.safetensors")
    file = file.rename(tmp_path / "whole.safetensors")
    twice = learned_bytes(DreamBoothSettings(), ModelConfig(path=tmp_path / "model")) or 0
    once = learned_bytes(DreamBoothSettings(), ModelConfig(path=WEIGHTS)) or 0
    assert twice - once == (num_weights(file) or 0) * BYTES["float16"]
