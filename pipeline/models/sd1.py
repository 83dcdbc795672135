"""Stable Diffusion 1.x: its parts from a folder in diffusers' layout."""

import hashlib
import json
from pathlib import Path
from typing import Any, TypeVar

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.modeling_utils import ModelMixin
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from safetensors import SafetensorError
from torch import Tensor
from transformers import CLIPTextModel, CLIPTokenizer

from pipeline.config import ModelConfig
from pipeline.errors import ModelUnavailable
from pipeline.models.attention import CrossAttentionLayers
from pipeline.models.model import Model
from pipeline.models.packing import pack_convolutions
from pipeline.models.preview import read_preview

Part = TypeVar("Part", bound=ModelMixin)


@torch.no_grad()  # not inference_mode: what is loaded here, training may one day reuse
def load_sd1(name: str, config: ModelConfig, device: torch.device) -> Model:
    """Load a checkpoint folder onto a device.

    Raises `ModelUnavailable` where a part is missing, truncated or of another kind.
    """
    folder, dtype = config.path, choose_dtype(config.dtype, device)
    try:
        refuse_other_kinds(name, folder)
        scheduler = json.loads((folder / "scheduler" / "scheduler_config.json").read_text("utf-8"))
        unet = load_part(UNet2DConditionModel, folder / "unet", device, dtype)
        text_encoder = CLIPTextModel.from_pretrained(
            folder / "text_encoder", dtype=dtype, local_files_only=True
        )
        return Model(
            name=name,
            hash=short_hash(folder / "unet"),
            device=device,
            dtype=dtype,
            unet=unet,
            vae=load_part(AutoencoderKL, folder / "vae", device, dtype),
            text_encoder=text_encoder.to(device).eval().requires_grad_(False),
            tokenizer=CLIPTokenizer.from_pretrained(folder / "tokenizer", local_files_only=True),
            alphas_cumprod=alphas_cumprod(scheduler),
            prediction=scheduler.get("prediction_type", "epsilon"),
            preview=read_preview(folder),
            cross_attention=CrossAttentionLayers(unet),
        )
    except (OSError, KeyError, TypeError, ValueError, RuntimeError, SafetensorError) as error:
        raise ModelUnavailable(
            f"The model `{name}` in `{folder}` cannot be loaded: a file is missing, damaged or of "
            "another kind. The log has the details."
        ) from error


def refuse_other_kinds(name: str, folder: Path) -> None:
    """Raise `ModelUnavailable` for a checkpoint that is whole but none of Stable Diffusion 1.x."""
    kind = json.loads((folder / "model_index.json").read_text("utf-8"))["_class_name"]
    channels = json.loads((folder / "unet" / "config.json").read_text("utf-8"))["in_channels"]
    if kind != "StableDiffusionPipeline" or channels != 4:
        raise ModelUnavailable(
            f"The model `{name}` in `{folder}` is a {kind} with {channels} input channels; only "
            "Stable Diffusion 1.x with 4 can be loaded. Name another folder in config.toml."
        )


def load_part(kind: type[Part], folder: Path, device: torch.device, dtype: torch.dtype) -> Part:
    """One diffusers module, ready for inference."""
    part = kind.from_pretrained(folder, dtype=dtype, local_files_only=True)
    module: Any = part.to(device=device, memory_format=torch.channels_last)
    module.eval().requires_grad_(False)
    if device.type == "cpu" and dtype == torch.float32 and torch.backends.mkldnn.is_available():
        pack_convolutions(module)
    return part


def choose_dtype(wanted: str, device: torch.device) -> torch.dtype:
    """What `dtype` in config stands for on this device."""
    if wanted == "auto":
        wanted = "float16" if device.type == "cuda" else "float32"
    dtype: torch.dtype = getattr(torch, wanted)
    return dtype


def alphas_cumprod(scheduler: dict[str, Any]) -> Tensor:
    """The training noise levels that a scheduler's config describes; (training steps,) float32."""
    if scheduler.get("beta_schedule") != "scaled_linear":
        raise ValueError(f"beta schedule {scheduler.get('beta_schedule')!r} is not known")
    roots = torch.linspace(
        scheduler["beta_start"] ** 0.5,
        scheduler["beta_end"] ** 0.5,
        scheduler["num_train_timesteps"],
        dtype=torch.float64,
    )
    return torch.cumprod(1.0 - roots**2, dim=0).float()


def short_hash(folder: Path) -> str:
    """Ten hex digits that name a UNet's weights."""
    named = [folder / f"diffusion_pytorch_model.{kind}" for kind in ("safetensors", "bin")]
    weights = next(path for path in [*named, *sorted(folder.glob("*.*"))] if path.is_file())
    with weights.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:10]
