"""A checkpoint of Stable Diffusion 1.5's true architecture with random weights.

Speed and memory do not depend on what weights say, so this is enough to measure them where the
real ones cannot be had:

    python -m pipeline bench random-weights FOLDER
"""

import json
import shutil
from pathlib import Path

import torch
from diffusers import AutoencoderKL, PNDMScheduler, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel

TOKENIZER = Path(__file__).parents[1] / "models" / "demo" / "weights" / "tokenizer"


def write_sd15(folder: Path) -> None:
    """Write the folder in diffusers' layout, float16, about 2 GB."""
    folder.mkdir(parents=True)
    torch.manual_seed(0)
    shutil.copytree(TOKENIZER, folder / "tokenizer")
    UNet2DConditionModel(
        sample_size=64, cross_attention_dim=768, attention_head_dim=8
    ).half().save_pretrained(folder / "unet")
    AutoencoderKL(
        block_out_channels=(128, 256, 512, 512),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=2,
        sample_size=512,
    ).half().save_pretrained(folder / "vae")
    CLIPTextModel(
        CLIPTextConfig(
            hidden_size=768,
            intermediate_size=3072,
            num_hidden_layers=12,
            num_attention_heads=12,
            projection_dim=768,
        )
    ).half().save_pretrained(folder / "text_encoder")
    PNDMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        skip_prk_steps=True,
        steps_offset=1,
    ).save_pretrained(folder / "scheduler")
    parts = {
        "scheduler": ["diffusers", "PNDMScheduler"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
        "safety_checker": [None, None],
        "feature_extractor": [None, None],
    }
    index = {"_class_name": "StableDiffusionPipeline", **parts}
    (folder / "model_index.json").write_text(json.dumps(index, indent=2), "utf-8")
