"""Adapters for a gallery, so that every model can show what calling one does.

The embedding is a word's own vector under another name, and the aesthetic embedding is CLIP's of a
few drawings. LoRA and hypernetwork have random weights: they show that they count, nothing more.
"""

import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file

from pipeline.adapters.aesthetic import aesthetic_bytes
from pipeline.models.clip import picture_features
from pipeline.models.demo.pictures import draw
from pipeline.models.demo.scenes import NATIVE, Attributes, random_source, scene_for

EMBEDDING, LORA, HYPERNETWORK, AESTHETIC = "emblem", "wobble", "haze", "warm"
WORD = "star"
RANK, LORA_SPREAD = 4, 0.12
HYPERNETWORK_SPREAD = 0.06
CPU = torch.device("cpu")
# What the aesthetic embedding has seen.
WARM = [Attributes("circle", "orange", "red", place, "large") for place in ("left", "top", "right")]


def write_adapters(model: Path, folder: Path) -> None:
    """Write one adapter of each kind for the checkpoint in a folder of diffusers' layout."""
    for kind in ("embeddings", "loras", "hypernetworks", "aesthetic"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    with safe_open(model / "text_encoder" / "model.safetensors", "pt") as file:
        [name] = [key for key in file.keys() if key.endswith("token_embedding.weight")]  # noqa: SIM118
        vocabulary = json.loads((model / "tokenizer" / "tokenizer.json").read_text("utf-8"))
        number = vocabulary["model"]["vocab"][f"{WORD}</w>"]
        vector = file.get_slice(name)[number : number + 1].clone()
    save_file({EMBEDDING: vector}, folder / "embeddings" / f"{EMBEDDING}.safetensors")
    _write_lora(model, folder / "loras" / f"{LORA}.safetensors")
    _write_hypernetwork(vector.shape[1], folder / "hypernetworks" / f"{HYPERNETWORK}.pt")
    rng = random_source("gallery", 0)
    seen = [draw(scene_for(each, NATIVE, rng).picture) for each in WARM]
    pictures = (Image.fromarray((each * 255).astype(np.uint8)) for each in seen)
    features = torch.cat(list(picture_features(model / "clip", pictures, CPU)))
    path = folder / "aesthetic" / f"{AESTHETIC}.safetensors"
    path.write_bytes(aesthetic_bytes(features.mean(dim=0, keepdim=True), path.suffix))


def _write_lora(model: Path, path: Path) -> None:
    tensors = {}
    with safe_open(model / "unet" / "diffusion_pytorch_model.safetensors", "pt") as file:
        for key in file.keys():  # noqa: SIM118
            if not key.endswith("attn2.to_v.weight"):
                continue
            height, width = file.get_slice(key).get_shape()
            name = f"lora_unet_{key.removesuffix('.weight').replace('.', '_')}"
            tensors[f"{name}.lora_down.weight"] = torch.randn(RANK, width) * LORA_SPREAD
            tensors[f"{name}.lora_up.weight"] = torch.randn(height, RANK) * LORA_SPREAD
            tensors[f"{name}.alpha"] = torch.tensor(float(RANK))
    save_file(tensors, path)


def _write_hypernetwork(width: int, path: Path) -> None:
    def layers() -> dict[str, torch.Tensor]:
        return {
            "linear.0.weight": torch.randn(2 * width, width) * HYPERNETWORK_SPREAD,
            "linear.0.bias": torch.zeros(2 * width),
            "linear.1.weight": torch.randn(width, 2 * width) * HYPERNETWORK_SPREAD,
            "linear.1.bias": torch.zeros(width),
        }

    structure: dict[int | str, object] = {
        "layer_structure": [1, 2, 1],
        "activation_func": "linear",
        "name": HYPERNETWORK,
    }
    torch.save(structure | {width: (layers(), layers()), "step": 0}, path)
