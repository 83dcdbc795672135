"""The settings that single files are loaded with."""

import pytest
import torch
from torch import nn

from pipeline.bench.random_weights import empty_module, fill
from pipeline.checkpoint import CONFIGS, Family

# As they were published, to the weight.
SIZES = {
    "sd1": {"unet": 859_520_964, "vae": 83_653_863, "text_encoder": 123_060_480},
    "sd2": {"unet": 865_910_724, "vae": 83_653_863, "text_encoder": 340_387_840},
    "sdxl": {
        "unet": 2_567_463_684,
        "vae": 83_653_863,
        "text_encoder": 123_060_480,
        "text_encoder_2": 694_659_840,
    },
}


@pytest.mark.parametrize("family", SIZES)
def test_a_family_has_as_many_weights_as_were_published(family: Family) -> None:
    sizes = SIZES[family]
    found = {
        part: sum(
            weight.numel() for weight in empty_module(CONFIGS / family / part, "meta").parameters()
        )
        for part in sizes
    }
    assert found == sizes


def test_random_weights_keep_what_passes_through_a_layer_about_as_large() -> None:
    torch.manual_seed(0)
    first, norm, last = nn.Linear(4096, 1024), nn.LayerNorm(1024), nn.Linear(1024, 512)
    fill(nn.Sequential(first, norm, last), torch.randn(2**22))
    passed = last(norm(first(torch.randn(64, 4096))))
    assert 0.4 < passed.std() < 0.8  # a third of what goes in is what PyTorch's own leave
    assert torch.equal(norm.weight, torch.ones(1024))
    assert first.bias.abs().max() == 0
