"""Finished weights as a beginning: a new work folder goes on from what an earlier one exported."""

import shutil
from pathlib import Path

from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import CLIPModel

PARTS = ("vae", "clip", "unet")
FOLDER = "start"


def start_from(folder: Path, work: Path) -> None:
    """Lay finished parts into a work folder; every part without a snapshot of its own uses them."""
    for part in PARTS:
        shutil.copytree(folder / part, work / FOLDER / part, dirs_exist_ok=True)


def started(work: Path) -> bool:
    """Whether a work folder goes on from finished weights."""
    return (work / FOLDER).exists()


def starting_vae(work: Path) -> AutoencoderKL:
    return AutoencoderKL.from_pretrained(work / FOLDER / "vae").float().eval()


def starting_clip(work: Path) -> CLIPModel:
    return CLIPModel.from_pretrained(work / FOLDER / "clip").float().eval()


def starting_unet(work: Path) -> UNet2DConditionModel:
    return UNet2DConditionModel.from_pretrained(work / FOLDER / "unet").float()
