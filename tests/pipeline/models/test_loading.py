"""Loading a folder, and what a loaded model computes."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel

from pipeline.errors import ModelUnavailable
from pipeline.model_config import ModelConfig
from pipeline.models.attention import stack_contexts
from pipeline.models.loading import load_model
from pipeline.models.model import Model
from pipeline.models.packing import pack_convolutions
from tests.conftest import WEIGHTS
from tests.pipeline.prompts.texts import context_of

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    "damage",
    [
        "unet/config.json",
        "unet/diffusion_pytorch_model.safetensors",
        "tokenizer",
        "vae",
        "scheduler",
    ],
)
def test_a_folder_with_a_part_missing_is_refused_in_a_sentence(tmp_path: Path, damage: str) -> None:
    folder = shutil.copytree(WEIGHTS, tmp_path / "model")
    target = folder / damage
    shutil.rmtree(target) if target.is_dir() else target.unlink()
    with pytest.raises(ModelUnavailable, match=r"`demo` in `.*` cannot be loaded"):
        load_model("demo", ModelConfig(path=folder), CPU)


@pytest.mark.parametrize("part", ["unet", "vae", "text_encoder"])
def test_truncated_weights_are_refused_in_a_sentence(tmp_path: Path, part: str) -> None:
    folder = shutil.copytree(WEIGHTS, tmp_path / "model")
    [weights] = (folder / part).glob("*.safetensors")
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ModelUnavailable, match="cannot be loaded"):
        load_model("demo", ModelConfig(path=folder), CPU)


@pytest.mark.parametrize(
    ("file", "key", "value"),
    [
        ("model_index.json", "_class_name", "FluxPipeline"),
        ("unet/config.json", "in_channels", 8),
    ],
)
def test_another_kind_of_checkpoint_is_refused_by_name(
    tmp_path: Path, file: str, key: str, value: object
) -> None:
    folder = shutil.copytree(WEIGHTS, tmp_path / "model")
    settings = json.loads((folder / file).read_text())
    (folder / file).write_text(json.dumps(settings | {key: value}))
    with pytest.raises(ModelUnavailable, match=str(value)):
        load_model("demo", ModelConfig(path=folder), CPU)


@torch.no_grad()
def test_cached_keys_and_values_answer_as_plain_attention_does(demo_model: Model) -> None:
    plain = UNet2DConditionModel.from_pretrained(WEIGHTS / "unet").eval()
    texts = [context_of(demo_model, text) for text in ("a red circle", "a blue star")]
    latents, timesteps = torch.randn(2, 4, 16, 16), torch.tensor([999.0, 3.5])
    ours = demo_model.predict(latents, timesteps, stack_contexts(texts))
    hidden = torch.cat([text.hidden for text in texts])
    theirs = plain(latents, timesteps, encoder_hidden_states=hidden).sample
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


def test_packed_convolutions_have_the_bits_of_plain_ones_and_gradients_too() -> None:
    torch.manual_seed(0)
    plain = torch.nn.Sequential(torch.nn.Conv2d(8, 12, 3, stride=2, padding=1))
    plain.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    packed = torch.nn.Sequential(plain[0])
    pack_convolutions(packed)
    for size in (16, 24):
        states = torch.randn(2, 8, size, size).to(memory_format=torch.channels_last)
        with torch.no_grad():
            assert torch.equal(packed(states), plain(states))
    states.requires_grad_()
    packed(states).sum().backward()
    assert states.grad is not None
