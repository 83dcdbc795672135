"""A checkpoint's weights under the names that the first programs gave them, in one mapping.

The reverse of what loading a single file does, written down from the published files' names.
"""

import re
from collections.abc import Mapping

import torch
from torch import Tensor

from pipeline.checkpoint import CLIP, CLIP_G, CLIP_L, OPEN_CLIP, UNET, VAE, Family

IN_RESNETS = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
AROUND_BLOCKS = {
    "conv_in": "input_blocks.0.0",
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "add_embedding.linear_1": "label_emb.0.0",
    "add_embedding.linear_2": "label_emb.0.2",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
    "mid_block.resnets.0": "middle_block.0",
    "mid_block.attentions.0": "middle_block.1",
    "mid_block.resnets.1": "middle_block.2",
}
IN_VAES = {
    "mid_block.resnets.0": "mid.block_1",
    "mid_block.resnets.1": "mid.block_2",
    "mid_block.attentions.0": "mid.attn_1",
    "conv_norm_out": "norm_out",
    "conv_shortcut": "nin_shortcut",
    "downsamplers.0": "downsample",
    "upsamplers.0": "upsample",
    "group_norm": "norm",
    "to_q": "q",
    "to_k": "k",
    "to_v": "v",
    "to_out.0": "proj_out",
}
IN_OPEN_CLIP = {
    "embeddings.token_embedding.weight": "token_embedding.weight",
    "embeddings.position_embedding.weight": "positional_embedding",
    "final_layer_norm": "ln_final",
    "encoder.layers": "transformer.resblocks",
    "layer_norm1": "ln_1",
    "layer_norm2": "ln_2",
    "mlp.fc1": "mlp.c_fc",
    "mlp.fc2": "mlp.c_proj",
    "self_attn": "attn",
}

Weights = Mapping[str, Tensor]


def original(
    family: Family, unet: Weights, vae: Weights, text_encoders: list[Weights], num_layers: int
) -> dict[str, Tensor]:
    """One mapping of all of it, from modules that have `num_layers` resnets in a block."""
    whole = {UNET + name: weight for name, weight in original_unet(unet, num_layers).items()}
    whole |= {VAE + name: weight for name, weight in original_vae(vae).items()}
    prefixes = {"sd1": [CLIP], "sd2": [OPEN_CLIP], "sdxl": [CLIP_L, CLIP_G]}[family]
    for prefix, encoder in zip(prefixes, text_encoders, strict=True):
        is_open = prefix in (OPEN_CLIP, CLIP_G)
        named = original_open_clip(encoder, prefix) if is_open else original_clip(encoder)
        whole |= {prefix + name: weight for name, weight in named.items()}
    return whole


def replaced(name: str, names: Mapping[str, str]) -> str:
    """A name with whole parts of it replaced."""
    for old, new in names.items():
        name = re.sub(rf"(^|\.){re.escape(old)}(?=\.|$)", rf"\g<1>{new}", name)
    return name


def original_unet(weights: Weights, num_layers: int) -> dict[str, Tensor]:
    """A UNet's blocks counted through from its input to its output."""
    attending = {match[0] for name in weights if (match := re.match(r"up_blocks\.\d+\.att", name))}
    renamed = {}
    for name, weight in weights.items():
        names = {} if ".attentions." in name else IN_RESNETS
        match = re.match(r"(down|up)_blocks\.(\d+)\.(\w+)\.(\d+)\.(.*)", name)
        if not match:
            renamed[replaced(replaced(name, AROUND_BLOCKS), names)] = weight
            continue
        way, block, kind, place, rest = match.groups()
        number = int(block) * (num_layers + 1) + int(place) + (way == "down")
        side = "input_blocks" if way == "down" else "output_blocks"
        if kind == "downsamplers":
            number, layer = (int(block) + 1) * (num_layers + 1), "0"
            rest = rest.replace("conv", "op")
        elif kind == "upsamplers":
            number += num_layers
            layer = "2" if f"up_blocks.{block}.att" in attending else "1"
        else:
            layer = "1" if kind == "attentions" else "0"
        renamed[f"{side}.{number}.{layer}.{replaced(rest, names)}"] = weight
    return renamed


def original_vae(weights: Weights) -> dict[str, Tensor]:
    """A VAE's upward blocks counted from the picture down; attention by convolutions."""
    num_blocks = 1 + max(
        int(match[1]) for name in weights if (match := re.match(r"decoder.up_blocks.(\d+)", name))
    )
    renamed = {}
    for name, weight in weights.items():
        new = replaced(name, IN_VAES)
        new = re.sub(r"down_blocks\.(\d+)\.resnets\.", r"down.\1.block.", new)
        new = re.sub(r"down_blocks\.(\d+)\.", r"down.\1.", new)
        for block in range(num_blocks):
            above = num_blocks - 1 - block
            new = new.replace(f"up_blocks.{block}.resnets.", f"up.{above}.block.")
            new = new.replace(f"up_blocks.{block}.", f"up.{above}.")
        is_matrix = ".attn_1." in new and weight.dim() == 2
        renamed[new] = weight[:, :, None, None] if is_matrix else weight
    return renamed


def original_clip(weights: Weights) -> dict[str, Tensor]:
    """A tower of CLIP's, with the positions that older files list."""
    named = {
        f"text_model.{name.removeprefix('text_model.')}": each for name, each in weights.items()
    }
    return named | {"text_model.embeddings.position_ids": torch.arange(77)[None]}


def original_open_clip(weights: Weights, prefix: str) -> dict[str, Tensor]:
    """A tower of OpenCLIP's; of Stable Diffusion 2 with the last layer, which is never read."""
    weights = {name.removeprefix("text_model."): weight for name, weight in weights.items()}
    renamed: dict[str, Tensor] = {"logit_scale": torch.tensor(4.6)}
    for name, weight in weights.items():
        if ".self_attn.k_proj" in name or ".self_attn.v_proj" in name:
            continue
        new = replaced(name, IN_OPEN_CLIP)
        if ".self_attn.q_proj" in name:
            three = [weights[name.replace("q_proj", f"{which}_proj")] for which in "qkv"]
            renamed[new.replace("q_proj.", "in_proj_")] = torch.cat(three)
        elif name == "text_projection.weight":
            renamed["text_projection"] = weight.T.contiguous()
        else:
            renamed[new] = weight
    if prefix == OPEN_CLIP:
        width = len(renamed["ln_final.bias"])
        renamed["text_projection"] = renamed["ln_final.bias"].new_empty(width, width)
        last = max(int(match[1]) for name in renamed if (match := re.search(r"cks\.(\d+)", name)))
        renamed |= {
            name.replace(f".{last}.", f".{last + 1}."): weight
            for name, weight in renamed.items()
            if f".resblocks.{last}." in name
        }
    return renamed
