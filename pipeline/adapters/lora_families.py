"""Which models a LoRA is for, from the names and sizes of its matrices and what it says."""

from collections.abc import Iterable, Mapping
from typing import Any

from torch import Tensor

from pipeline.adapters.lora import Branch
from pipeline.checkpoint import Family
from pipeline.model_fit import TOKEN_WIDTHS

# In files that say what they were trained on, by how kohya and the modelspec begin its name.
SAID: tuple[tuple[str, Family], ...] = (
    *(("sdxl", "sdxl"), ("sd_v2", "sd2"), ("sd_v1", "sd1")),
    ("stable-diffusion-xl", "sdxl"),
    ("stable-diffusion-v2", "sd2"),
    ("stable-diffusion-v1", "sd1"),
)
SAYING = ("ss_base_model_version", "modelspec.architecture")
SECOND_ENCODER = ("lora_te1_", "lora_te2_", "text_encoder_2.")
# kohya has the original checkpoints' names for modules of XL's UNet, and of no other's.
ORIGINAL = ("lora_unet_input_blocks_", "lora_unet_middle_block_", "lora_unet_output_blocks_")
READS_TEXT = ("attn2_to_k", "attn2_to_v")  # ends of flat names
IN_TEXT_ENCODER = "self_attn_q_proj"


def text_width(downs: Mapping[str, Tensor]) -> int | None:
    """Numbers of a token in what is changed of cross-attention; None: nothing there is.

    Without any, those in a text encoder, where there is but one. `downs` are matrices by the
    names of modules.
    """
    flat = {name.replace(".", "_"): down for name, down in downs.items()}
    for ends in (READS_TEXT, (IN_TEXT_ENCODER,)):
        for name, down in flat.items():
            if name.endswith(ends) and not name.startswith(SECOND_ENCODER):
                return down.shape[1]
    return None


def family_of(branches: Mapping[str, Branch]) -> Family | None:
    """The family that names and sizes tell; None: they do not, or it is none that is known."""
    width = text_width({name: branch.down for name, branch in branches.items()})
    return family_said({}, branches) or TOKEN_WIDTHS.get(width or 0)


def family_said(metadata: Mapping[str, Any], names: Iterable[str]) -> Family | None:
    """The family that its names or its own words tell."""
    if any(name.startswith((*SECOND_ENCODER, *ORIGINAL)) for name in names):
        return "sdxl"
    said = [str(metadata.get(key, "")) for key in SAYING]
    return next((family for start, family in SAID for each in said if each.startswith(start)), None)


def part_of(name: str) -> str:
    """The part of a model to which the module with this name belongs, in words."""
    is_text = name.startswith(("lora_te", "text_encoder", "text_model"))
    return "text encoder" if is_text else "UNet"
