"""A checkpoint of a family's true architecture with random weights.

Speed and memory do not depend on what weights say, so this is enough to measure them where the
real ones cannot be had:

    python -m pipeline bench random-weights FOLDER --family sdxl
"""

import math
import shutil
from pathlib import Path

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from pipeline.checkpoint import CONFIGS, Family

TOKENIZER = CONFIGS.parent / "demo" / "weights" / "tokenizer"
NUM_DRAWN = 2**22  # random numbers; larger weights repeat them, so that writing takes seconds


def write_random_weights(folder: Path, family: Family) -> None:
    """Write the folder in diffusers' layout, float16: 2 GB, of SDXL 7."""
    source = CONFIGS / family
    shutil.copytree(source, folder)
    numbers = torch.randn(NUM_DRAWN, generator=torch.Generator().manual_seed(0)).half()
    for part in ("unet", "vae", "text_encoder", "text_encoder_2"):
        if not (source / part).is_dir():
            continue
        module = empty_module(source / part)
        fill(module, numbers)
        module.save_pretrained(folder / part)
    shutil.copytree(TOKENIZER, folder / "tokenizer")
    if family == "sdxl":
        shutil.copytree(TOKENIZER, folder / "tokenizer_2")


def empty_module(
    folder: Path, device: str = "cpu"
) -> UNet2DConditionModel | AutoencoderKL | CLIPTextModel:
    """A part in float16 as its config says, its weights anything."""
    with torch.device("meta"):
        if folder.name == "unet":
            module = UNet2DConditionModel.from_config(UNet2DConditionModel.load_config(folder))
        elif folder.name == "vae":
            module = AutoencoderKL.from_config(AutoencoderKL.load_config(folder))
        else:
            kind = CLIPTextModelWithProjection if folder.name[-1] == "2" else CLIPTextModel
            module = kind(CLIPTextConfig.from_pretrained(folder))
    return module.half().to_empty(device=device)


@torch.no_grad()
def fill(module: nn.Module, numbers: Tensor) -> None:
    """Give every layer weights as large as those that layers start their training with."""
    norms = {
        f"{name}.weight"
        for name, layer in module.named_modules()
        if isinstance(layer, nn.GroupNorm | nn.LayerNorm)
    }
    scaled: dict[float, Tensor] = {}  # few scales are different, and half precision is slow
    for name, weight in module.named_parameters():
        if weight.dim() == 1:
            weight.fill_(1.0 if name in norms else 0.0)
            continue
        embeds = "embedding" in name and "time" not in name and "add" not in name
        scale = 0.02 if embeds else 1 / math.sqrt(3 * weight[0].numel())
        if scale not in scaled:
            scaled[scale] = numbers * scale
        flat = weight.view(-1)
        for start in range(0, len(flat), NUM_DRAWN):
            part = flat[start : start + NUM_DRAWN]
            part.copy_(scaled[scale][: len(part)])
