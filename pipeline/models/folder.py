"""Checkpoints in diffusers' layout: a folder with a subfolder for each part."""

from pathlib import Path

from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from pipeline.checkpoint import Family, hashes_of
from pipeline.errors import ModelUnavailable
from pipeline.model_config import ModelConfig
from pipeline.models.parts import IN_CHANNELS, Parts, Placement, TextEncoder, read_json
from pipeline.models.vae import named_vae
from pipeline.models.weights import load_part, weights_file

KINDS = frozenset(
    {
        f"StableDiffusion{family}{kind}Pipeline"
        for family in ("", "XL")
        for kind in ("", "Img2Img", "Inpaint")
    }
)


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
        vae=named_vae(config.vae or folder / "vae", family, config, placement),
        text_encoders=tuple(encoders),
        tokenizer=CLIPTokenizer.from_pretrained(
            config.tokenizer or folder / "tokenizer", local_files_only=True
        ),
        scheduler={"prediction_type": "epsilon"}
        | read_json(folder / "scheduler" / "scheduler_config.json"),
        hashes=hashes_of(weights_file(folder / "unet")),
    )


def family_of_folder(name: str, folder: Path) -> Family:
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
