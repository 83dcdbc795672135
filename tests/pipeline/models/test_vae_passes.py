"""Pictures where a VAE's own dtype is too small for what it computes."""

from pathlib import Path

import pytest
import torch

from pipeline.model_config import ModelConfig
from pipeline.models.loading import load_model
from pipeline.models.model import Model
from tests.pipeline.models.tiny import write_tiny

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny(tmp_path_factory.mktemp("tiny") / "sdxl", "sdxl")


def load(folder: Path, **values: object) -> Model:
    return load_model("tiny", ModelConfig(path=folder, **values), CPU)


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ({"dtype": "float16"}, torch.float32),  # XL's overflows
        ({"dtype": "bfloat16"}, torch.bfloat16),
        ({"dtype": "float16", "vae_dtype": "bfloat16"}, torch.bfloat16),
        ({"dtype": "float16", "vae_dtype": "float16"}, torch.float16),
    ],
)
def test_a_vae_has_a_dtype_of_its_own(
    folder: Path, values: dict[str, str], dtype: torch.dtype
) -> None:
    model = load(folder, **values)
    assert (model.vae.dtype, model.unet.dtype) == (dtype, getattr(torch, values["dtype"]))
    latents = model.encode_picture(torch.zeros(1, 3, 64, 64))
    assert latents.dtype == torch.float32
    assert model.decode(latents).shape == (1, 3, 64, 64)


@torch.no_grad()
def test_a_picture_that_overflows_is_made_once_again_in_float32(folder: Path) -> None:
    model = load(folder, dtype="float16", vae_dtype="float16")
    model.vae.post_quant_conv.weight.mul_(6e4)
    latents = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(1)) * 100
    assert not torch.isfinite(model.vae.decode(latents.half() / 0.13025).sample).all()
    assert torch.isfinite(model.decode(latents)).all()
    assert model.vae.dtype == torch.float16
    assert not torch.isfinite(model.decode(latents * torch.nan)).all()
