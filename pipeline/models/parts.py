"""What a checkpoint consists of, however it is stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from torch import nn
from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from pipeline.checkpoint import Family, Hashes
from pipeline.model_config import Dtype, ModelConfig
from pipeline.models.norms import use_channels_last_norms
from pipeline.models.packing import pack_convolutions
from pipeline.models.text_tower import TextTower

TextEncoder: TypeAlias = CLIPTextModel | CLIPTextModelWithProjection
Module = TypeVar("Module", bound=nn.Module)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a checkpoint's modules go, and in which dtype."""

    device: torch.device
    dtype: torch.dtype
    wanted_of_vae: Dtype

    def vae_dtype(self, settings: Mapping[str, Any]) -> torch.dtype:
        """The VAE's own: what it overflows in (Stable Diffusion XL's: float16) it is spared."""
        if self.wanted_of_vae != "auto":
            return dtype_of(self.wanted_of_vae)
        overflows = self.dtype == torch.float16 and settings.get("force_upcast", False)
        return torch.float32 if overflows else self.dtype


def place(config: ModelConfig, device: torch.device) -> Placement:
    """What a model's settings say of its dtypes on this device."""
    wanted = config.dtype
    if wanted == "auto":
        wanted = "float16" if device.type == "cuda" else "float32"
    return Placement(device, dtype_of(wanted), config.vae_dtype)


def dtype_of(name: str) -> torch.dtype:
    """A dtype by its name in `config.toml`."""
    dtype: torch.dtype = getattr(torch, name)
    return dtype


@dataclass(frozen=True, kw_only=True, eq=False)
class Parts:
    """The modules of one checkpoint on a device, and the settings that belong to them."""

    family: Family
    unet: UNet2DConditionModel
    vae: AutoencoderKL
    text_encoders: tuple[TextEncoder, ...]
    tokenizer: CLIPTokenizer
    scheduler: Mapping[str, Any]  # as a scheduler's config in diffusers' layout says it
    hashes: Hashes


def ready(module: Module, device: torch.device) -> Module:
    """A module on a device, for inference only."""
    return module.to(device).eval().requires_grad_(False)


def convolutional(module: Module, device: torch.device) -> Module:
    """The same for a UNet or VAE, its convolutions laid out for inference."""
    module = ready(module, device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    dtype = next(module.parameters()).dtype
    if device.type == "cpu" and dtype == torch.float32 and torch.backends.mkldnn.is_available():
        pack_convolutions(module)
    if device.type == "cuda" and dtype != torch.float32:
        use_channels_last_norms(module)
    return module


def towers(parts: Parts) -> tuple[TextTower, ...]:
    """A checkpoint's text encoders, each read as its family reads it (spec: webui §1.7, §2)."""
    end = parts.tokenizer.eos_token_id
    if parts.family == "sd1":
        return (TextTower(parts.text_encoders[0], "clip_skip", end, padding=end),)
    if parts.family == "sd2":
        return (TextTower(parts.text_encoders[0], "last", end, padding=0),)
    clip_l, clip_g = parts.text_encoders
    return (
        TextTower(clip_l, "penultimate", end, padding=end),
        TextTower(clip_g, "penultimate", end, padding=0),
    )
