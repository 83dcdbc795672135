"""A LoRA's matrices under the names that one or the other layout has for them.

Which module a name means is found without a model, among those that Stable Diffusion has.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor

from pipeline.adapters.files import AdapterFile
from pipeline.adapters.lora import BUNDLED, by_module
from pipeline.adapters.lora_families import family_said, text_width
from pipeline.adapters.lora_names import TEXT_ENCODERS, UNET, ModuleNames, ModulePath
from pipeline.adapters.peft_settings import METADATA_KEY, read_settings
from pipeline.checkpoint import LEGACY_MAGIC, ZIP_MAGIC
from pipeline.errors import AdapterUnreadable
from pipeline.model_fit import TOKEN_WIDTHS

KOHYA = ("lora_unet_", "lora_te", BUNDLED)  # beginnings of its names
KOHYA_ENDS = {"down": "lora_down.weight", "up": "lora_up.weight", "mid": "lora_mid.weight"}
PEFT_ENDS = {"down": "lora_A.weight", "up": "lora_B.weight"}

# Blocks with attention, and how many layers of it, of UNets of Stable Diffusion 1 and 2, and of XL.
ATTENTIVE = {
    False: (("down_blocks.0", "down_blocks.1", "down_blocks.2"), 1),
    True: (("down_blocks.1", "down_blocks.2"), 10),
}
UPPER = {
    False: ("up_blocks.1", "up_blocks.2", "up_blocks.3"),
    True: ("up_blocks.0", "up_blocks.1"),
}
ATTENTION = ("to_q", "to_k", "to_v", "to_out.0")
IN_TRANSFORMER = (
    *(f"{attention}.{name}" for attention in ("attn1", "attn2") for name in ATTENTION),
    *("ff.net.0.proj", "ff.net.2"),
)
IN_RESNET = ("conv1", "conv2", "time_emb_proj", "conv_shortcut")
IN_TEXT_LAYER = (
    *(f"self_attn.{name}_proj" for name in ("q", "k", "v", "out")),
    *("mlp.fc1", "mlp.fc2"),
)
NUM_TEXT_LAYERS = 32  # of the largest text encoder
ALONE = ("conv_in", "conv_out", "time_embedding.linear_1", "time_embedding.linear_2")
ADDED = ("add_embedding.linear_1", "add_embedding.linear_2")  # of XL's UNet


def as_kohya(file: AdapterFile, path: Path) -> bytes:
    """kohya's layout, which webui reads; a file that has it already is left as it is."""
    values = file.tensors()
    is_pickle = file.content.startswith((ZIP_MAGIC, LEGACY_MAGIC))
    if not is_pickle and all(str(name).startswith(KOHYA) for name in values):
        return file.content
    settings = read_settings(file, path, values)
    pieces = by_module(file, values)
    names = names_for(file, pieces)
    tensors = {str(key): each for key, each in values.items() if str(key).startswith(BUNDLED)}
    for name, found in pieces.items():
        module = names.kohya(find(file, names, name))
        for piece, ending in KOHYA_ENDS.items():
            if piece in found:
                tensors[f"{module}.{ending}"] = found[piece]
        scale = settings.scale(name, found)
        if "alpha" in found:
            tensors[f"{module}.alpha"] = found["alpha"]
        elif scale is not None:
            tensors[f"{module}.alpha"] = torch.tensor(scale * len(matrix(found, "down")))
    said = {key: str(value) for key, value in file.metadata.items() if key != METADATA_KEY}
    return saved(tensors, said)


def as_diffusers(file: AdapterFile, path: Path) -> bytes:
    """The layout of diffusers and peft; what has no alpha there keeps it in the header."""
    values = file.tensors()
    settings = read_settings(file, path, values)
    pieces = by_module(file, values)
    names = names_for(file, pieces)
    if any("mid" in found for found in pieces.values()) or any(
        str(key).startswith(BUNDLED) for key in values
    ):
        raise file.unreadable("what it holds beside plain LoRA has no place in diffusers' layout")
    tensors: dict[str, Any] = {}
    alphas: dict[ModulePath, float] = {}
    for name, found in pieces.items():
        module = find(file, names, name)
        for piece, ending in PEFT_ENDS.items():
            tensors[f"{module.part}.{module.path}.{ending}"] = found[piece]
        rank = len(matrix(found, "down"))
        scale = settings.scale(name, found)
        alphas[module] = rank if scale is None else scale * rank
        if "alpha" in found:
            alphas[module] = float(matrix(found, "alpha"))
    ranks = {find(file, names, name): len(matrix(it, "down")) for name, it in pieces.items()}
    said = {key: str(value) for key, value in file.metadata.items()}
    return saved(tensors, said | {METADATA_KEY: json.dumps(peft_metadata(ranks, alphas))})


def peft_metadata(
    ranks: Mapping[ModulePath, int], alphas: Mapping[ModulePath, float]
) -> dict[str, Any]:
    """What peft needs to know of each part: its usual rank and alpha, and where they differ."""
    metadata: dict[str, Any] = {}
    for part in sorted({module.part for module in ranks}):
        own = sorted(module for module in ranks if module.part == part)
        rank, alpha = ranks[own[0]], alphas[own[0]]
        metadata |= {
            f"{part}.peft_type": "LORA",
            f"{part}.r": rank,
            f"{part}.lora_alpha": alpha,
            f"{part}.target_modules": [module.path for module in own],
            f"{part}.rank_pattern": {it.path: ranks[it] for it in own if ranks[it] != rank},
            f"{part}.alpha_pattern": {it.path: alphas[it] for it in own if alphas[it] != alpha},
        }
    return metadata


def matrix(found: Mapping[str, object], piece: str) -> Tensor:
    tensor = found[piece]
    assert isinstance(tensor, Tensor)
    return tensor


def saved(tensors: Mapping[str, Any], metadata: Mapping[str, str]) -> bytes:
    whole = {name: tensor.detach().contiguous().clone() for name, tensor in tensors.items()}
    return safetensors.torch.save(whole, {**metadata, "format": "pt"})


def find(file: AdapterFile, names: ModuleNames, name: str) -> ModulePath:
    """The module that a name means. Raises `AdapterUnreadable` for one that is none known."""
    if module := names.find(name):
        return module
    raise unknown(file, name)


def unknown(file: AdapterFile, name: str) -> AdapterUnreadable:
    return file.unreadable(f"`{name[:80]}` has no name in that layout")


def names_for(file: AdapterFile, pieces: Mapping[str, Any]) -> ModuleNames:
    """The names of modules in the kind of model that a LoRA is for."""
    width = text_width({name: matrix(found, "down") for name, found in pieces.items()})
    family = family_said(file.metadata, pieces) or TOKEN_WIDTHS.get(width or 0)
    return all_names(family == "sdxl")


@cache
def all_names(is_sdxl: bool) -> ModuleNames:
    return ModuleNames([*unet_modules(is_sdxl), *text_modules(is_sdxl)])


def unet_modules(is_sdxl: bool) -> Iterator[ModulePath]:
    """Every module of a UNet that a LoRA can change."""
    lower, depth = ATTENTIVE[is_sdxl]
    paths = [*ALONE, *(ADDED if is_sdxl else ())]
    for block, count in (
        *((f"down_blocks.{number}", 2) for number in range(4)),
        *((f"up_blocks.{number}", 3) for number in range(4)),
        ("mid_block", 2),
    ):
        paths += [f"{block}.resnets.{at}.{name}" for at in range(count) for name in IN_RESNET]
        paths += [f"{block}.{end}.0.conv" for end in ("downsamplers", "upsamplers")]
        if block not in (*lower, *UPPER[is_sdxl], "mid_block"):
            continue
        for at in range(1 if block == "mid_block" else count):
            start = f"{block}.attentions.{at}"
            paths += [f"{start}.proj_in", f"{start}.proj_out"]
            paths += [
                f"{start}.transformer_blocks.{layer}.{name}"
                for layer in range(depth)
                for name in IN_TRANSFORMER
            ]
    return (ModulePath(UNET, path) for path in paths)


def text_modules(is_sdxl: bool) -> Iterator[ModulePath]:
    """The same of text encoders."""
    for part in TEXT_ENCODERS if is_sdxl else TEXT_ENCODERS[:1]:
        for layer in range(NUM_TEXT_LAYERS):
            for name in IN_TEXT_LAYER:
                yield ModulePath(part, f"text_model.encoder.layers.{layer}.{name}")
