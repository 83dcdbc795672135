"""A model written as a checkpoint: a folder in diffusers' layout, or one file.

Whoever changed its weights has put its convolutions back (`unpack_convolutions`) before.
"""

import json
import os
import shutil
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor
from transformers import PreTrainedModel

from pipeline.models.model import Model
from pipeline.models.original_names import original_weights

PARTS = ("text_encoder", "text_encoder_2")
DIFFUSERS_FILE = "diffusion_pytorch_model.safetensors"
PIPELINES = {"sd1": "", "sd2": "", "sdxl": "XL"}


def save_folder(model: Model, folder: Path, dtype: torch.dtype) -> None:
    """Write a folder that diffusers and we can load; one that is there before is replaced."""
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    save_part(model.unet, part / "unet", dtype)
    save_part(model.vae, part / "vae", dtype)
    for name, tower in zip(PARTS, model.towers, strict=False):
        save_part(tower.encoder, part / name, dtype)
        tokenizer = deepcopy(model.tokenizer)  # the towers differ in what fills a text up
        tokenizer.pad_token = tokenizer.convert_ids_to_tokens(tower.padding)
        tokenizer.save_pretrained(part / name.replace("text_encoder", "tokenizer"))
    scheduler = {**model.scheduler, "prediction_type": model.prediction}
    write_json(part / "scheduler" / "scheduler_config.json", scheduler)
    write_json(part / "model_index.json", model_index(model))
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(part, folder)


def save_single_file(model: Model, path: Path, dtype: torch.dtype) -> None:
    """Write a `.safetensors` under the original names, with the marks of v prediction."""
    weights = {
        name: kept(weight, dtype)
        for name, weight in original_weights(model)
        if "position_ids" not in name
    }
    if model.prediction == "v_prediction":
        weights["v_pred"] = torch.tensor([])
    if model.scheduler.get("rescale_betas_zero_snr"):
        weights["ztsnr"] = torch.tensor([])
    part = path.with_name(f".{path.name}.part")
    save_file(weights, part, {"format": "pt"})
    os.replace(part, path)


def save_part(module: Any, folder: Path, dtype: torch.dtype) -> None:
    """One module with its settings."""
    weights = {name: kept(weight, dtype) for name, weight in module.state_dict().items()}
    if isinstance(module, PreTrainedModel):
        module.save_pretrained(folder, state_dict=weights)
    else:
        folder.mkdir()
        save_file(weights, folder / DIFFUSERS_FILE, {"format": "pt"})
        module.save_config(folder)


def kept(weight: Tensor, dtype: torch.dtype) -> Tensor:
    """A weight as it is written."""
    weight = weight.detach().cpu()
    return (weight.to(dtype) if weight.is_floating_point() else weight).contiguous().clone()


def model_index(model: Model) -> dict[str, Any]:
    """What tells diffusers which parts there are."""
    kind = f"StableDiffusion{PIPELINES[model.family]}"
    index: dict[str, Any] = {
        "_class_name": f"{kind}{'Inpaint' if model.in_channels == 9 else ''}Pipeline",
        "scheduler": ["diffusers", model.scheduler.get("_class_name", "DDIMScheduler")],
        "unet": ["diffusers", type(model.unet).__name__],
        "vae": ["diffusers", type(model.vae).__name__],
    }
    for name, tower in zip(PARTS, model.towers, strict=False):
        index[name] = ["transformers", type(tower.encoder).__name__]
        index[name.replace("text_encoder", "tokenizer")] = ["transformers", "CLIPTokenizer"]
    if model.family != "sdxl":
        index |= {"safety_checker": [None, None], "feature_extractor": [None, None]}
        index["requires_safety_checker"] = False
    return index


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(dict(values), indent=2), "utf-8")
