"""A CLIPSeg of a few thousand random weights, in the files that a real one has."""

from pathlib import Path

import torch
from transformers import (
    CLIPSegConfig,
    CLIPSegForImageSegmentation,
    CLIPSegProcessor,
    CLIPTokenizer,
    ViTImageProcessor,
)

from tests.conftest import WEIGHTS

SIDE = 32  # pixels that it looks at


def write_clipseg(folder: Path, bias: float) -> None:
    """Save one that finds everything everywhere, or nothing, as its last bias says."""
    torch.manual_seed(0)
    tokenizer = CLIPTokenizer.from_pretrained(WEIGHTS / "tokenizer")
    tower = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2}
    tower |= {"num_attention_heads": 2}
    text = {"vocab_size": len(tokenizer), "eos_token_id": tokenizer.eos_token_id}
    config = CLIPSegConfig(
        text_config=tower | text,
        vision_config=tower | {"image_size": SIDE, "patch_size": 8},
        projection_dim=16,
        reduce_dim=16,
        decoder_num_attention_heads=2,
        decoder_intermediate_size=16,
        conditional_layer=0,
        extract_layers=[0, 1],
    )
    model = CLIPSegForImageSegmentation(config)
    with torch.no_grad():
        model.decoder.transposed_convolution.bias.fill_(bias)
    model.save_pretrained(folder)
    images = ViTImageProcessor(size={"height": SIDE, "width": SIDE})
    CLIPSegProcessor(image_processor=images, tokenizer=tokenizer).save_pretrained(folder)
