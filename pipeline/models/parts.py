"""What a checkpoint consists of, however it is stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from torch import nn
from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from pipeline.checkpoint import Family
from pipeline.models.norms import use_channels_last_norms
from pipeline.models.packing import pack_convolutions
from pipeline.models.text_tower import TextTower

TextEncoder: TypeAlias = CLIPTextModel | CLIPTextModelWithProjection
Module = TypeVar("Module", bound=nn.Module)


@dataclass(frozen=True, kw_only=True, eq=False)
class Parts:
    """The modules of one checkpoint on a device, and the settings that belong to them."""

    family: Family
    unet: UNet2DConditionModel
    vae: AutoencoderKL
    text_encoders: tuple[TextEncoder, ...]
    tokenizer: CLIPTokenizer
    scheduler: Mapping[str, Any]  # as a scheduler's config in diffusers' layout says it
    hash: str  # short


def convolutional(module: Module, device: torch.device) -> Module:
    """A UNet or VAE on a device, its convolutions laid out for inference."""
    module = module.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    module.eval().requires_grad_(False)
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
