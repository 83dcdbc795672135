"""What kohya, diffusers and peft call a module."""

from functools import cache
from typing import Any

import pytest
import torch
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from pipeline.adapters.lora_names import (
    TEXT_ENCODERS,
    UNET,
    ModuleNames,
    ModulePath,
    module_path,
)
from pipeline.checkpoint import CONFIGS, Family

# The shape of the real models, whose names depend on how many blocks and layers there are.
SD1: dict[str, Any] = {"cross_attention_dim": 8}
SDXL: dict[str, Any] = {
    "cross_attention_dim": 8,
    "block_out_channels": (32, 64, 64),
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "transformer_layers_per_block": (1, 2, 10),
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 8,
    "projection_class_embeddings_input_dim": 64,
}
TEXT = CLIPTextConfig(
    hidden_size=8,
    intermediate_size=8,
    num_attention_heads=2,
    vocab_size=50_000,
    num_hidden_layers=2,
)


@cache
def names(family: str) -> ModuleNames:
    with torch.device("meta"):
        unet = UNet2DConditionModel(**(SDXL if family == "sdxl" else SD1))
        parts: dict[str, nn.Module] = {UNET: unet}
        parts[TEXT_ENCODERS[0]] = CLIPTextModel(TEXT)
        if family == "sdxl":
            parts[TEXT_ENCODERS[1]] = CLIPTextModelWithProjection(TEXT)
    return ModuleNames(
        module_path(part, name)
        for part, module in parts.items()
        for name, each in module.named_modules()
        if isinstance(each, nn.Linear | nn.Conv2d)
    )


# What the programs call their own modules, from files that they wrote.
KOHYA = [
    ("sd1", "lora_unet_down_blocks_0_attentions_0_proj_in", "down_blocks.0.attentions.0.proj_in"),
    (
        *("sd1", "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_out_0"),
        "mid_block.attentions.0.transformer_blocks.0.attn1.to_out.0",
    ),
    ("sd1", "lora_unet_up_blocks_1_resnets_2_conv_shortcut", "up_blocks.1.resnets.2.conv_shortcut"),
    (
        *("sdxl", "lora_unet_input_blocks_4_1_transformer_blocks_1_attn2_to_k"),
        "down_blocks.1.attentions.0.transformer_blocks.1.attn2.to_k",
    ),
    (
        *("sdxl", "lora_unet_input_blocks_8_1_transformer_blocks_9_ff_net_0_proj"),
        "down_blocks.2.attentions.1.transformer_blocks.9.ff.net.0.proj",
    ),
    ("sdxl", "lora_unet_input_blocks_3_0_op", "down_blocks.0.downsamplers.0.conv"),
    ("sdxl", "lora_unet_middle_block_1_proj_out", "mid_block.attentions.0.proj_out"),
    ("sdxl", "lora_unet_middle_block_2_in_layers_2", "mid_block.resnets.1.conv1"),
    ("sdxl", "lora_unet_output_blocks_2_2_conv", "up_blocks.0.upsamplers.0.conv"),
    ("sdxl", "lora_unet_output_blocks_5_1_proj_in", "up_blocks.1.attentions.2.proj_in"),
    ("sdxl", "lora_unet_output_blocks_8_0_skip_connection", "up_blocks.2.resnets.2.conv_shortcut"),
    ("sdxl", "lora_unet_label_emb_0_2", "add_embedding.linear_2"),
    ("sdxl", "lora_unet_time_embed_0", "time_embedding.linear_1"),
    ("sdxl", "lora_unet_out_2", "conv_out"),
]
Q_PROJ = "text_model.encoder.layers.1.self_attn.q_proj"
KOHYA_TEXT = [
    ("sd1", "lora_te_text_model_encoder_layers_1_self_attn_q_proj", TEXT_ENCODERS[0], Q_PROJ),
    ("sdxl", "lora_te1_text_model_encoder_layers_1_self_attn_q_proj", TEXT_ENCODERS[0], Q_PROJ),
    ("sdxl", "lora_te2_text_model_encoder_layers_1_self_attn_q_proj", TEXT_ENCODERS[1], Q_PROJ),
    ("sdxl", "lora_te2_text_projection", TEXT_ENCODERS[1], "text_projection"),
]


@pytest.mark.parametrize(
    ("family", "name", "part", "path"),
    [*((family, name, UNET, path) for family, name, path in KOHYA), *KOHYA_TEXT],
)
def test_kohya_s_names_are_written_and_found(family: str, name: str, part: str, path: str) -> None:
    module = ModulePath(part, path)
    assert module in names(family).modules
    assert names(family).kohya(module) == name
    assert names(family).find(name) == module


@pytest.mark.parametrize(
    ("name", "part", "path"),
    [
        ("unet.conv_in", UNET, "conv_in"),
        ("base_model.model.mid_block.resnets.0.conv2", UNET, "mid_block.resnets.0.conv2"),
        ("lora_unet_down_blocks_1_resnets_0_conv1", UNET, "down_blocks.1.resnets.0.conv1"),
        (
            "unet.mid_block.attentions.0.transformer_blocks.0.attn2.processor.to_out_lora",
            UNET,
            "mid_block.attentions.0.transformer_blocks.0.attn2.to_out.0",
        ),
        (
            "mid_block.attentions.0.transformer_blocks.0.attn1.processor.to_q_lora",
            UNET,
            "mid_block.attentions.0.transformer_blocks.0.attn1.to_q",
        ),
        (f"text_encoder_2.{Q_PROJ}", TEXT_ENCODERS[1], Q_PROJ),
        ("text_encoder.encoder.layers.1.self_attn.q_proj", TEXT_ENCODERS[0], Q_PROJ),
        (
            "text_encoder.text_model.encoder.layers.1.self_attn.to_q_lora",
            TEXT_ENCODERS[0],
            Q_PROJ,
        ),
    ],
)
def test_names_of_diffusers_and_peft_are_found(name: str, part: str, path: str) -> None:
    assert names("sdxl").find(name) == ModulePath(part, path)


@pytest.mark.parametrize("family", ["sd1", "sdxl"])
def test_no_two_modules_have_one_name(family: str) -> None:
    known = names(family)
    assert len({known.kohya(each) for each in known.modules}) == len(known.modules)
    assert all(known.find(known.kohya(each)) == each for each in known.modules)


@pytest.mark.parametrize(
    ("family", "counts"),
    [("sd1", (192, 72)), ("sdxl", (722, 72, 192))],
)
def test_there_are_as_many_modules_as_kohya_s_trainer_counts(
    family: Family, counts: tuple[int, ...]
) -> None:
    """Its log says, of the true models, for how many modules it creates a LoRA in each part."""
    with torch.device("meta"):
        config = UNet2DConditionModel.load_config(CONFIGS / family / "unet")
        parts: list[nn.Module] = [UNet2DConditionModel.from_config(config)]
        for folder in ("text_encoder", "text_encoder_2")[: len(counts) - 1]:
            text = CLIPTextConfig.from_pretrained(CONFIGS / family / folder)
            parts.append(CLIPTextModelWithProjection(text))
    found = [
        [
            name
            for name, each in module.named_modules()
            if isinstance(each, nn.Linear | nn.Conv2d)
            and any(place in name for place in (".attentions.", ".self_attn.", ".mlp."))
        ]
        for module in parts
    ]
    assert tuple(map(len, found)) == counts


def test_a_name_of_another_model_is_found_nowhere() -> None:
    assert names("sd1").find("lora_te2_text_model_encoder_layers_1_self_attn_q_proj") is None
    assert names("sd1").find("lora_unet_down_blocks_9_resnets_0_conv1") is None


def test_a_packed_convolution_is_the_module_it_was() -> None:
    assert module_path(UNET, "mid_block.resnets.0.conv1.plain").path == "mid_block.resnets.0.conv1"
