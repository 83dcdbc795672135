"""What a picture in the making looks like, from its latents alone: a linear map, no VAE."""

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from pipeline.checkpoint import Family

# The least-squares map of Stable Diffusion 1's and 2's latents to colours in [-1, 1], as
# published on the Hugging Face forum ("Decoding latents to RGB without upscaling").
SD1 = {
    "weight": (
        (0.298, 0.207, 0.208),
        (0.187, 0.286, 0.173),
        (-0.158, 0.189, 0.264),
        (-0.184, -0.271, -0.473),
    ),
    "bias": (0.0, 0.0, 0.0),
}
# Of Stable Diffusion XL's, the numbers that most programs have.
SDXL = {
    "weight": (
        (0.3651, 0.4232, 0.4341),
        (-0.2533, -0.0042, 0.1068),
        (0.1076, 0.1111, -0.0362),
        (-0.3165, -0.2492, -0.2188),
    ),
    "bias": (0.1084, -0.0175, -0.0011),
}


@dataclass(frozen=True, eq=False)
class LatentPreview:
    """An affine map from latents, as the UNet has them, to colours in [-1, 1]."""

    weight: Tensor  # (latent channels, 3)
    bias: Tensor  # (3,)

    def __call__(self, latents: Tensor) -> Tensor:
        """Latents (1, C, h, w) to colours (3, h, w), float32 on the CPU."""
        colours = torch.einsum("chw,cr->rhw", latents[0].float().cpu(), self.weight)
        return (colours + self.bias[:, None, None]).clamp(-1, 1)


def read_preview(folder: Path, family: Family) -> LatentPreview:
    """The map that was fitted for this checkpoint (`preview.json`), else its family's."""
    try:
        fitted = json.loads((folder / "preview.json").read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        fitted = SDXL if family == "sdxl" else SD1
    return LatentPreview(torch.tensor(fitted["weight"]), torch.tensor(fitted["bias"]))
