"""Checkpoints in diffusers' layout: a folder with a subfolder for each part."""

from pathlib import Path

from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from pipeline.checkpoint import hashes_of
from pipeline.checkpoint_folder import family_of_folder, read_json, weights_file
from pipeline.model_config import ModelConfig
from pipeline.models.parts import Parts, Placement, TextEncoder
from pipeline.models.vae import named_vae, vae_in
from pipeline.models.weights import load_part


def read_folder(name: str, folder: Path, config: ModelConfig, placement: Placement) -> Parts:
    """Load a folder.

    Raises `ModelUnavailable` where it is whole but of another kind, and what the libraries raise
    where a part is missing or damaged.
    """
    family = family_of_folder(name, folder)
    dtype = placement.dtype
    encoders: list[TextEncoder] = [load_part(CLIPTextModel, folder / "text_encoder", dtype)]
    if family == "sdxl":
        encoders.append(load_part(CLIPTextModelWithProjection, folder / "text_encoder_2", dtype))
    return Parts(
        family=family,
        unet=load_part(UNet2DConditionModel, folder / "unet", dtype),
        vae=named_vae(config.vae, family, config, placement)
        if config.vae
        else vae_in(folder / "vae", placement),
        text_encoders=tuple(encoders),
        tokenizer=CLIPTokenizer.from_pretrained(
            config.tokenizer or folder / "tokenizer", local_files_only=True
        ),
        scheduler={"prediction_type": "epsilon"}
        | read_json(folder / "scheduler" / "scheduler_config.json"),
        hashes=hashes_of(weights_file(folder / "unet")),
    )
