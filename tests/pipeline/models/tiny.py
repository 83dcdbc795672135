"""Checkpoints of every family with the true shape of their parts, only small and random.

The two text towers of Stable Diffusion XL have different widths, as the real ones do.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, EulerDiscreteScheduler, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from pipeline.checkpoint import CONFIGS, Family
from tests.conftest import WEIGHTS

WIDTHS = {"sd1": (24,), "sd2": (40,), "sdxl": (24, 40)}
CHANNELS = {"sd1": [8, 16], "sd2": [8, 16], "sdxl": [8, 16, 16]}
SIDE = 64  # pixels


def write_tiny(folder: Path, family: Family, **of_unet: Any) -> Path:
    """A folder in diffusers' layout, float32."""
    torch.manual_seed(7)
    source = CONFIGS / family
    folder.mkdir(parents=True)
    shutil.copy(source / "model_index.json", folder)
    unet = UNet2DConditionModel.load_config(source / "unet") | unet_settings(family) | of_unet
    UNet2DConditionModel.from_config(unet).save_pretrained(folder / "unet")
    vae = AutoencoderKL.load_config(source / "vae") | {
        "block_out_channels": [8, 8, 8, 8],
        "layers_per_block": 1,
        "norm_num_groups": 4,
    }
    decoding = AutoencoderKL.from_config(vae)
    decoding.decoder.conv_out.weight.data *= 20  # so that pictures differ by whole levels
    decoding.save_pretrained(folder / "vae")
    padding = {"sd1": ["<|endoftext|>"], "sd2": ["!"], "sdxl": ["<|endoftext|>", "!"]}[family]
    for number, (width, pad) in enumerate(zip(WIDTHS[family], padding, strict=True)):
        suffix = "_2" if number else ""
        write_text_encoder(source / f"text_encoder{suffix}", folder, width)
        CLIPTokenizer.from_pretrained(WEIGHTS / "tokenizer", pad_token=pad).save_pretrained(
            folder / f"tokenizer{suffix}"
        )
    EulerDiscreteScheduler.from_config(
        EulerDiscreteScheduler.load_config(source / "scheduler")
    ).save_pretrained(folder / "scheduler")
    return folder


def unet_settings(family: Family) -> dict[str, Any]:
    """What is smaller than in a family's UNet."""
    settings: dict[str, Any] = {
        "block_out_channels": CHANNELS[family],
        "norm_num_groups": 4,
        "cross_attention_dim": sum(WIDTHS[family]),
        "attention_head_dim": 2 if family == "sd1" else [2, 4, 4][: len(CHANNELS[family])],
        "sample_size": SIDE // 8,
    }
    if family == "sdxl":
        return settings | {
            "transformer_layers_per_block": [1, 1, 2],
            "addition_time_embed_dim": 8,
            "projection_class_embeddings_input_dim": WIDTHS["sdxl"][1] + 6 * 8,
        }
    return settings | {
        "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"],
        "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"],
    }


def write_text_encoder(source: Path, folder: Path, width: int) -> None:
    """A text tower with the vocabulary of the demo model."""
    settings = json.loads((source / "config.json").read_text()) | {
        "hidden_size": width,
        "projection_dim": width,
        "intermediate_size": 2 * width,
        "num_attention_heads": 2,
        "num_hidden_layers": 3,
        "vocab_size": 653,
    }
    kind = {"CLIPTextModel": CLIPTextModel}.get(
        settings["architectures"][0], CLIPTextModelWithProjection
    )
    encoder = kind(CLIPTextConfig(**settings))
    # A new norm leaves states with a mean of 0, which no weight of words could restore.
    getattr(encoder, "text_model", encoder).final_layer_norm.bias.data.normal_()
    encoder.save_pretrained(folder / source.name)
