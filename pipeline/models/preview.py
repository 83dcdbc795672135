"""What a picture in the making looks like, from its latents alone: a linear map, no VAE."""

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

# The least-squares map of Stable Diffusion 1's and 2's latents to colours in [-1, 1], as
# published on the Hugging Face forum ("Decoding latents to RGB without upscaling").
SD1_WEIGHT = (
    (0.298, 0.207, 0.208),
    (0.187, 0.286, 0.173),
    (-0.158, 0.189, 0.264),
    (-0.184, -0.271, -0.473),
)
SD1_BIAS = (0.0, 0.0, 0.0)


@dataclass(frozen=True, eq=False)
class LatentPreview:
    """An affine map from latents, as the UNet has them, to colours in [-1, 1]."""

    weight: Tensor  # (latent channels, 3)
    bias: Tensor  # (3,)

    def __call__(self, latents: Tensor) -> Tensor:
        """Latents (1, C, h, w) to colours (3, h, w), float32 on the CPU."""
        colours = torch.einsum("chw,cr->rhw", latents[0].float().cpu(), self.weight)
        return (colours + self.bias[:, None, None]).clamp(-1, 1)


def read_preview(folder: Path) -> LatentPreview:
    """The map that was fitted for this checkpoint (`preview.json`), else Stable Diffusion 1's."""
    try:
        fitted = json.loads((folder / "preview.json").read_text("utf-8"))
    except FileNotFoundError:
        fitted = {"weight": SD1_WEIGHT, "bias": SD1_BIAS}
    return LatentPreview(torch.tensor(fitted["weight"]), torch.tensor(fitted["bias"]))
