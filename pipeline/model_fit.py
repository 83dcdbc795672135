"""What learned things must have in common with a model to fit it: read from settings, no torch."""

import json
from dataclasses import dataclass
from pathlib import Path

from pipeline.checkpoint import CONFIGS, Family
from pipeline.model_card import model_card
from pipeline.model_config import ModelConfig

TOKEN_WIDTHS: dict[int, Family] = {768: "sd1", 1024: "sd2", 2048: "sdxl"}
"""Numbers in a token's vector, of SDXL those of both its text encoders, by which a family shows."""

FAMILY_NAMES: dict[Family, str] = {
    "sd1": "Stable Diffusion 1",
    "sd2": "Stable Diffusion 2",
    "sdxl": "Stable Diffusion XL",
}


@dataclass(frozen=True, slots=True)
class ModelFit:
    """One model's family, and the widths that its adapters need to have."""

    family: Family
    token_width: int
    image_width: int | None  # of the CLIP for its aesthetic embeddings; None: it has none


def model_fit(name: str, config: ModelConfig) -> ModelFit:
    """What fits a model. Raises `ModelUnavailable` where its files do not say."""
    family = model_card(name, config).family
    folder = config.path
    if config.is_single_file:
        folder = config.configs or CONFIGS / family
    clip = config.clip_folder
    return ModelFit(
        family,
        _setting(folder / "unet", "cross_attention_dim") or _usual_width(family),
        _setting(clip, "projection_dim") if clip else None,
    )


def who_it_fits(width: int) -> str:
    """The models whose tokens have so many numbers, in words."""
    family = TOKEN_WIDTHS.get(width)
    return FAMILY_NAMES[family] if family else f"models with {width:,} numbers for a token"


def _usual_width(family: Family) -> int:
    return next(width for width, each in TOKEN_WIDTHS.items() if each == family)


def _setting(folder: Path, name: str) -> int | None:
    """One number of a part's settings; None where it has no such settings."""
    try:
        value = json.loads((folder / "config.json").read_text("utf-8")).get(name)
    except (OSError, ValueError, AttributeError):
        return None
    return value if isinstance(value, int) else None
