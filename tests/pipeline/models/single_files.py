"""A tiny folder written as a single file, in the layouts that people download."""

from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from safetensors.torch import save_file
from torch import Tensor
from transformers import CLIPTextModel, CLIPTextModelWithProjection

from pipeline.checkpoint import Family
from pipeline.model_config import ModelConfig
from tests.pipeline.models.original_names import original, original_vae


def tensors_of(folder: Path, family: Family) -> dict[str, Tensor]:
    """A folder's weights under the names of a single file."""
    unet = UNet2DConditionModel.from_pretrained(folder / "unet")
    encoders = [CLIPTextModel.from_pretrained(folder / "text_encoder")]
    if family == "sdxl":
        encoders.append(CLIPTextModelWithProjection.from_pretrained(folder / "text_encoder_2"))
    return original(
        family,
        unet.state_dict(),
        AutoencoderKL.from_pretrained(folder / "vae").state_dict(),
        [encoder.state_dict() for encoder in encoders],
        num_layers=unet.config.layers_per_block,
    )


def vae_tensors_of(folder: Path) -> dict[str, Tensor]:
    """The VAE's weights under the names of a VAE's file."""
    return original_vae(AutoencoderKL.from_pretrained(folder / "vae").state_dict())


def settings_for(path: Path, folder: Path, **values: Any) -> ModelConfig:
    """What config has to say of a single file that was made of a tiny folder."""
    tokenizer = str(folder / "tokenizer")
    return ModelConfig(**{"path": path, "tokenizer": tokenizer, "configs": folder} | values)


def write(path: Path, tensors: dict[str, Tensor], *, old: bool = False, **beside: Any) -> Path:
    """A safetensors file, or a trainer's checkpoint; `old`: as torch wrote it before 1.6."""
    if path.suffix == ".safetensors":
        save_file({name: each.clone().contiguous() for name, each in tensors.items()}, path)
    else:
        values = {"state_dict": tensors, **beside} if beside else tensors
        torch.save(values, path, _use_new_zipfile_serialization=not old)
    return path
