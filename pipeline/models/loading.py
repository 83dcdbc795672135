"""From a checkpoint's name in `config.toml` to a model on a device."""

import torch
from safetensors import SafetensorError
from transformers.utils.logging import disable_progress_bar

from pipeline.config import ModelConfig
from pipeline.errors import ModelUnavailable
from pipeline.models.attention import CrossAttentionLayers
from pipeline.models.folder import read_folder
from pipeline.models.lora_branches import lora_switches
from pipeline.models.model import Model
from pipeline.models.noise_levels import alphas_cumprod
from pipeline.models.parts import towers
from pipeline.models.preview import read_preview


@torch.no_grad()  # not inference_mode: what is loaded here, training may one day reuse
def load_model(name: str, config: ModelConfig, device: torch.device) -> Model:
    """Load a checkpoint onto a device.

    Raises `ModelUnavailable` where a part is missing, truncated or of another kind.
    """
    disable_progress_bar()  # transformers would draw it into the log
    dtype = choose_dtype(config.dtype, device)
    try:
        parts = read_folder(name, config.path, device, dtype)
        unet_loras, text_loras = lora_switches(parts.unet, parts.text_encoders)
        return Model(
            name=name,
            family=parts.family,
            hash=parts.hash,
            device=device,
            dtype=dtype,
            unet=parts.unet,
            vae=parts.vae,
            towers=towers(parts),
            tokenizer=parts.tokenizer,
            alphas_cumprod=alphas_cumprod(parts.scheduler),
            prediction=parts.scheduler.get("prediction_type", "epsilon"),
            preview=read_preview(config.path),
            vae_tile=config.vae_tile,
            cross_attention=CrossAttentionLayers(parts.unet),
            unet_loras=unet_loras,
            text_loras=text_loras,
        )
    except (OSError, KeyError, TypeError, ValueError, RuntimeError, SafetensorError) as error:
        raise ModelUnavailable(
            f"The model `{name}` in `{config.path}` cannot be loaded: a file is missing, damaged "
            "or of another kind. The log has the details."
        ) from error


def choose_dtype(wanted: str, device: torch.device) -> torch.dtype:
    """What `dtype` in config stands for on this device."""
    if wanted == "auto":
        wanted = "float16" if device.type == "cuda" else "float32"
    dtype: torch.dtype = getattr(torch, wanted)
    return dtype
