"""From a checkpoint's name in `config.toml` to a model on a device."""

from dataclasses import replace

import torch
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from safetensors import SafetensorError
from transformers.utils.logging import disable_progress_bar

from pipeline import hub
from pipeline.errors import ModelUnavailable
from pipeline.model_config import ModelConfig
from pipeline.models.attention import CrossAttentionLayers
from pipeline.models.folder import read_folder
from pipeline.models.lora_branches import lora_switches
from pipeline.models.model import Model
from pipeline.models.noise_levels import alphas_cumprod
from pipeline.models.parts import Parts, convolutional, place, ready, towers
from pipeline.models.preview import read_preview
from pipeline.models.single_file import read_single_file
from pipeline.models.vae import vae_file


@torch.no_grad()  # not inference_mode: what is loaded here, training may one day reuse
def load_model(
    name: str, config: ModelConfig, device: torch.device, key: str | None = None
) -> Model:
    """Load a checkpoint onto a device, where nothing else has its `key`; None: its name is that.

    Raises `ModelUnavailable` where a part is missing, truncated or of another kind, and what
    torch raises where memory ends.
    """
    disable_progress_bar()  # transformers would draw it into the log
    placement = place(config, device)
    folder = hub.snapshot(config.hub, hub.WHOLE, config.download) if config.hub else config.path
    try:
        if config.is_single_file:
            parts = read_single_file(config, placement)
        else:
            parts = read_folder(name, folder, config, placement)
        unet = convolutional(parts.unet, device)
        encoders = tuple(ready(encoder, device) for encoder in parts.text_encoders)
        unet_loras, text_loras = lora_switches(unet, encoders)
        return Model(
            name=name,
            key=key or name,
            family=parts.family,
            hashes=parts.hashes,
            device=device,
            dtype=placement.dtype,
            unet=unet,
            vae=convolutional(parts.vae, device),
            vae_file=vae_file(config.vae),
            towers=towers(replace(parts, text_encoders=encoders)),
            tokenizer=parts.tokenizer,
            alphas_cumprod=alphas_cumprod(parts.scheduler),
            prediction=prediction_of(config, parts, unet),
            scheduler=parts.scheduler,
            preview=read_preview(folder, parts.family),
            vae_tile=config.vae_tile,
            cross_attention=CrossAttentionLayers(unet),
            unet_loras=unet_loras,
            text_loras=text_loras,
        )
    except (torch.OutOfMemoryError, torch.AcceleratorError):  # nothing that a file is to blame for
        raise
    except (OSError, KeyError, TypeError, ValueError, RuntimeError, SafetensorError) as error:
        raise ModelUnavailable(
            f"The model `{name}` in `{folder}` cannot be loaded: a file is missing, damaged "
            "or of another kind. The log has the details."
        ) from error


def prediction_of(config: ModelConfig, parts: Parts, unet: UNet2DConditionModel) -> str:
    """What a UNet predicts, "epsilon" or "v_prediction", as the settings or the checkpoint says.

    Where neither does, it is asked (single files of Stable Diffusion 2).
    """
    if config.prediction != "auto":
        return {"epsilon": "epsilon", "v": "v_prediction"}[config.prediction]
    told = parts.scheduler["prediction_type"]
    return str(told or ("v_prediction" if predicts_v(unet) else "epsilon"))


def predicts_v(unet: UNet2DConditionModel) -> bool:
    """Whether a UNet of Stable Diffusion 2 predicts v, found out as the reference web UI does.

    Shown what is all the same at the last timestep, one that predicts epsilon answers about what
    it was shown, and one that predicts v something far below.
    """
    if unet.config.in_channels != 4:
        return False  # as those for inpainting were published
    weight = unet.conv_in.weight if hasattr(unet.conv_in, "weight") else unet.conv_in.plain.weight
    latents = weight.new_full((1, 4, 8, 8), 0.5)
    text = weight.new_full((1, 2, unet.config.cross_attention_dim), 0.5)
    timestep = torch.tensor([999], device=weight.device)
    answer = unet(latents, timestep, encoder_hidden_states=text, return_dict=False)[0]
    return bool((answer.float() - latents.float()).mean() < -1)
