"""Checkpoints in diffusers' layout: a folder with a subfolder for each part."""

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from pipeline.checkpoint import Family
from pipeline.errors import ModelUnavailable
from pipeline.models.parts import Parts, TextEncoder, convolutional

KINDS = frozenset(
    {
        f"StableDiffusion{family}{kind}Pipeline"
        for family in ("", "XL")
        for kind in ("", "Img2Img", "Inpaint")
    }
)
IN_CHANNELS = (4, 9)  # 9: made for inpainting


def read_folder(name: str, folder: Path, device: torch.device, dtype: torch.dtype) -> Parts:
    """Load a folder onto a device.

    Raises `ModelUnavailable` where it is whole but of another kind, and what the libraries raise
    where a part is missing or damaged.
    """
    family = family_of(name, folder)
    encoders: list[TextEncoder] = [
        CLIPTextModel.from_pretrained(folder / "text_encoder", dtype=dtype, local_files_only=True)
    ]
    if family == "sdxl":
        encoders.append(
            CLIPTextModelWithProjection.from_pretrained(
                folder / "text_encoder_2", dtype=dtype, local_files_only=True
            )
        )
    unet = UNet2DConditionModel.from_pretrained(folder / "unet", dtype=dtype, local_files_only=True)
    vae = AutoencoderKL.from_pretrained(folder / "vae", dtype=dtype, local_files_only=True)
    return Parts(
        family=family,
        unet=convolutional(unet, device),
        vae=convolutional(vae, device),
        text_encoders=tuple(each.to(device).eval().requires_grad_(False) for each in encoders),
        tokenizer=CLIPTokenizer.from_pretrained(folder / "tokenizer", local_files_only=True),
        scheduler=read_json(folder / "scheduler" / "scheduler_config.json"),
        hash=short_hash(folder / "unet"),
    )


def family_of(name: str, folder: Path) -> Family:
    """Which family a folder belongs to.

    Raises `ModelUnavailable` for a checkpoint that is whole but of none of them.
    """
    kind = read_json(folder / "model_index.json")["_class_name"]
    channels = read_json(folder / "unet" / "config.json")["in_channels"]
    if kind not in KINDS or channels not in IN_CHANNELS:
        raise ModelUnavailable(
            f"The model `{name}` in `{folder}` is a {kind} with {channels} input channels; only "
            "Stable Diffusion 1, 2 and XL with 4 or 9 can be loaded. Name another folder in "
            "config.toml."
        )
    if "XL" in kind:
        return "sdxl"
    # Stable Diffusion 2 took up OpenCLIP's text tower, whose activation is another one.
    tower = read_json(folder / "text_encoder" / "config.json")
    return "sd2" if tower.get("hidden_act") == "gelu" else "sd1"


def read_json(path: Path) -> dict[str, Any]:
    """A part's settings."""
    settings: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return settings


def short_hash(folder: Path) -> str:
    """Ten hex digits that name a UNet's weights."""
    named = [folder / f"diffusion_pytorch_model.{kind}" for kind in ("safetensors", "bin")]
    weights = next(path for path in [*named, *sorted(folder.glob("*.*"))] if path.is_file())
    with weights.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:10]
