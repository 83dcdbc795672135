"""A model's weights under the names that Stable Diffusion's first programs gave them.

The way back from diffusers' names, for checkpoints in one file. It knows no files.
"""

import re
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from pipeline.adapters.lora_names import UNET, ModuleNames, module_path
from pipeline.models.model import Model

UNET_PREFIX, VAE_PREFIX = "model.diffusion_model.", "first_stage_model."
CLIP_PREFIX = "cond_stage_model.transformer.text_model."  # of Stable Diffusion 1
OPEN_CLIP_PREFIX = "cond_stage_model.model."  # of 2
XL_PREFIXES = (
    "conditioner.embedders.0.transformer.text_model.",
    "conditioner.embedders.1.model.",
)

VAE_RULES = (
    (r"^(encoder)\.down_blocks\.(\d+)\.resnets\.(\d+)\.", r"\1.down.\2.block.\3."),
    (r"^(encoder)\.down_blocks\.(\d+)\.downsamplers\.0\.", r"\1.down.\2.downsample."),
    (r"^(decoder)\.up_blocks\.(\d+)\.resnets\.(\d+)\.", r"\1.up.\2.block.\3."),
    (r"^(decoder)\.up_blocks\.(\d+)\.upsamplers\.0\.", r"\1.up.\2.upsample."),
    (r"\.mid_block\.resnets\.0\.", ".mid.block_1."),
    (r"\.mid_block\.resnets\.1\.", ".mid.block_2."),
    (r"\.mid_block\.attentions\.0\.", ".mid.attn_1."),
    (r"\.attn_1\.group_norm\.", ".attn_1.norm."),
    (r"\.attn_1\.to_([qkv])\.", r".attn_1.\1."),
    (r"\.attn_1\.to_out\.0\.", ".attn_1.proj_out."),
    (r"\.conv_shortcut\.", ".nin_shortcut."),
    (r"\.conv_norm_out\.", ".norm_out."),
)
UP_BLOCK = re.compile(r"^decoder\.up\.(\d+)\.")

OPEN_CLIP_RULES = (
    (r"^embeddings\.token_embedding\.weight$", "token_embedding.weight"),
    (r"^embeddings\.position_embedding\.weight$", "positional_embedding"),
    (r"^final_layer_norm\.", "ln_final."),
    (r"^encoder\.layers\.", "transformer.resblocks."),
    (r"\.layer_norm([12])\.", r".ln_\1."),
    (r"\.mlp\.fc1\.", ".mlp.c_fc."),
    (r"\.mlp\.fc2\.", ".mlp.c_proj."),
    (r"\.self_attn\.out_proj\.", ".attn.out_proj."),
)
OPEN_CLIP_PART = re.compile(r"^encoder\.layers\.(\d+)\.self_attn\.q_proj\.(weight|bias)$")


def original_weights(model: Model) -> Iterator[tuple[str, Tensor]]:
    """Every weight of a model whose convolutions are plain, by its original name."""
    yield from unet_weights(model)
    yield from vae_weights(model.vae.state_dict())
    towers = [tower_weights(tower.encoder.state_dict()) for tower in model.towers]
    if model.family == "sd1":
        yield from with_prefix(CLIP_PREFIX, towers[0])
    elif model.family == "sd2":
        yield from open_clip_weights(OPEN_CLIP_PREFIX, towers[0])
    else:
        yield from with_prefix(XL_PREFIXES[0], towers[0])
        yield from open_clip_weights(XL_PREFIXES[1], towers[1])


def unet_weights(model: Model) -> Iterator[tuple[str, Tensor]]:
    modules = (module_path(UNET, name) for name, _ in model.unet.named_modules())
    names = ModuleNames(modules)
    for name, weight in model.unet.state_dict().items():
        path, _, kind = name.rpartition(".")
        yield f"{UNET_PREFIX}{names.original(path)}.{kind}", weight


def vae_weights(weights: Mapping[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    """A VAE's; its attention is made of convolutions there, and up blocks count from below."""
    num_blocks = len({name.split(".")[2] for name in weights if ".up_blocks." in name})
    for name, weight in weights.items():
        renamed = rewritten(name, VAE_RULES)
        renamed = UP_BLOCK.sub(
            lambda match: f"decoder.up.{num_blocks - 1 - int(match[1])}.", renamed
        )
        is_matrix = ".attn_1." in renamed and weight.dim() == 2
        yield f"{VAE_PREFIX}{renamed}", weight[..., None, None] if is_matrix else weight


def tower_weights(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A text tower's, whose outermost level some libraries have and some have not."""
    return {name.removeprefix("text_model."): weight for name, weight in weights.items()}


def open_clip_weights(prefix: str, weights: Mapping[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    """A text tower's as OpenCLIP has it: queries, keys and values in one, the projection turned."""
    for name, weight in weights.items():
        if name == "text_projection.weight":
            yield f"{prefix}text_projection", weight.T
        elif match := OPEN_CLIP_PART.match(name):
            parts = [weights[name.replace("q_proj", f"{part}_proj")] for part in "qkv"]
            layer, kind = match.groups()
            yield f"{prefix}transformer.resblocks.{layer}.attn.in_proj_{kind}", torch.cat(parts)
        elif not re.search(r"\.self_attn\.[kv]_proj\.", name):
            yield f"{prefix}{rewritten(name, OPEN_CLIP_RULES)}", weight


def with_prefix(prefix: str, weights: Mapping[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    yield from ((prefix + name, weight) for name, weight in weights.items())


def rewritten(name: str, rules: tuple[tuple[str, str], ...]) -> str:
    for pattern, replacement in rules:
        name = re.sub(pattern, replacement, name)
    return name
