"""Checkpoints that we write, read by diffusers and by ourselves."""

from pathlib import Path

import pytest
import torch
from diffusers.loaders.single_file_utils import (
    convert_ldm_clip_checkpoint,
    convert_ldm_unet_checkpoint,
    convert_ldm_vae_checkpoint,
)
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline
from safetensors.torch import load_file
from torch import Tensor

from pipeline.model_config import ModelConfig
from pipeline.models.loading import load_model
from pipeline.models.model import Model
from pipeline.models.original_names import open_clip_weights
from pipeline.models.packing import unpack_convolutions
from pipeline.models.saving import save_folder, save_single_file
from pipeline.training_methods import DreamBoothSettings
from pipeline.training_sizes import learned_bytes
from tests.conftest import WEIGHTS


@pytest.fixture(scope="module")
def plain_model() -> Model:
    model = load_model("demo", ModelConfig(path=WEIGHTS), torch.device("cpu"))
    unpack_convolutions(model.unet)
    unpack_convolutions(model.vae)
    return model


def assert_same(found: dict[str, Tensor], wanted: dict[str, Tensor]) -> None:
    assert found.keys() == wanted.keys()
    assert all(torch.equal(found[name], wanted[name]) for name in wanted)


def test_a_folder_is_the_same_model_to_diffusers_and_to_us(
    plain_model: Model, tmp_path: Path
) -> None:
    save_folder(plain_model, tmp_path / "saved", torch.float32)
    ours = load_model("saved", ModelConfig(path=tmp_path / "saved"), torch.device("cpu"))
    unpack_convolutions(ours.unet)
    assert ours.prediction == "v_prediction"
    theirs = StableDiffusionPipeline.from_pretrained(tmp_path / "saved", local_files_only=True)
    for found in (ours.unet, theirs.unet):
        assert_same(found.state_dict(), plain_model.unet.state_dict())
    for found in (ours.text_encoder, theirs.text_encoder):
        assert_same(found.state_dict(), plain_model.text_encoder.state_dict())
    assert_same(theirs.vae.state_dict(), plain_model.vae.state_dict())
    assert theirs.scheduler.config.prediction_type == "v_prediction"
    assert theirs.tokenizer("a red circle").input_ids == ours.tokenizer("a red circle").input_ids


def test_a_single_file_is_the_same_model_by_diffusers_conversion(
    plain_model: Model, tmp_path: Path
) -> None:
    path = tmp_path / "saved.safetensors"
    save_single_file(plain_model, path, torch.float32)
    weights = load_file(path)
    assert "v_pred" in weights
    unet = convert_ldm_unet_checkpoint(dict(weights), plain_model.unet.config)
    assert_same(unet, plain_model.unet.state_dict())
    assert_same(
        convert_ldm_vae_checkpoint(dict(weights), plain_model.vae.config),
        plain_model.vae.state_dict(),
    )
    text = convert_ldm_clip_checkpoint(dict(weights))
    assert_same(
        {name.removeprefix("text_model."): weight for name, weight in text.items()},
        dict(plain_model.text_encoder.state_dict()),
    )


def test_half_precision_halves_a_file(plain_model: Model, tmp_path: Path) -> None:
    for dtype in (torch.float32, torch.float16):
        save_single_file(plain_model, tmp_path / f"{dtype}.safetensors", dtype)
    whole, half = (
        (tmp_path / f"{each}.safetensors").stat().st_size for each in (torch.float32, torch.float16)
    )
    assert 1.9 < whole / half < 2.1


@pytest.mark.parametrize("precision", ["float16", "float32"])
def test_a_models_files_tell_how_large_it_comes_out(
    plain_model: Model, tmp_path: Path, precision: str
) -> None:
    settings = DreamBoothSettings.model_validate({"saved_precision": precision})
    save_folder(plain_model, tmp_path / "saved", getattr(torch, precision))
    weights = sum(it.stat().st_size for it in (tmp_path / "saved").rglob("*.safetensors"))
    single = tmp_path / "model.safetensors"
    save_single_file(plain_model, single, torch.float32)
    for path in (WEIGHTS, single):
        assert learned_bytes(settings, ModelConfig(path=path)) == pytest.approx(weights, rel=0.03)


def test_queries_keys_and_values_are_one_to_open_clip() -> None:
    parts = {
        f"encoder.layers.3.self_attn.{part}_proj.weight": torch.full((2, 2), number)
        for number, part in enumerate("qkv")
    }
    written = dict(open_clip_weights("m.", parts | {"text_projection.weight": torch.ones(2, 3)}))
    assert written["m.text_projection"].shape == (3, 2)
    joined = written["m.transformer.resblocks.3.attn.in_proj_weight"]
    assert joined[:, 0].tolist() == [0, 0, 1, 1, 2, 2]
    assert len(written) == 2
