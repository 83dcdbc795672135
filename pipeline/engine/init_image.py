"""What a request's images begin from beside noise: a picture as latents, what is repainted of it.

An inpainting model (one whose UNet has nine input channels) also sees where it paints, and what
is around; where there is no picture, that all of it is to be painted.
"""

from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from pipeline.images.inpainting import Enlarge, Overlay, Preparation, prepare
from pipeline.images.masked_content import latent_mask
from pipeline.models.model import Model
from pipeline.requests import GenerationRequest
from pipeline.sampling.noise import Normals


@dataclass(frozen=True, slots=True)
class InitImage:
    """What all images of a request have from its input picture."""

    latents: Tensor | None  # (1, C, h, w), clean; None: nothing but noise
    repainted: Tensor | None = None  # (1, 1, h, w): 1 where the picture is painted anew, else 0
    overlay: Overlay | None = None
    condition: Tensor | None = None  # (1, 1 + C, h, w), what an inpainting model also sees

    def beginning(self, request: GenerationRequest, index: int) -> Tensor | None:
        """The clean latents that image number `index` begins from: masked content put in."""
        if self.latents is None or self.repainted is None:
            return self.latents
        if request.masked_content not in ("latent_noise", "latent_nothing"):
            return self.latents
        kept = self.latents * (1 - self.repainted)
        if request.masked_content == "latent_nothing":
            return kept
        # As in the reference: the seed's own first noise, whatever varies it.
        _, channels, height, width = self.latents.shape
        noise = Normals(request.seeds[index], request.noise_source).draw((channels, height, width))
        return kept + noise.unsqueeze(0).to(kept) * self.repainted


def sees_masks(model: Model) -> bool:
    """Whether a model was made for inpainting."""
    return model.in_channels > model.latent_channels


def needs_encoding(request: GenerationRequest, model: Model) -> bool:
    """Whether anything of a request goes through the VAE before its images begin."""
    return request.init_image is not None or sees_masks(model)


def encode_init_image(
    request: GenerationRequest, model: Model, enlarge: Enlarge | None = None
) -> InitImage:
    """Read a request's input picture and mask, or what an inpainting model sees without them.

    `enlarge` makes the picture larger by a super-resolution model. Raises `InvalidRequest` where
    one of them turns out to be damaged, and what `enlarge` raises.
    """
    if request.init_image is None:
        return InitImage(None, condition=empty_condition(model, request.width, request.height))
    prepared = prepare(request, enlarge)
    latents = model.encode_picture(pixels_of(prepared.picture))
    _, height, width = model.latent_shape(request.width, request.height)
    if latents.shape[-2:] != (height, width):
        latents = F.interpolate(latents, size=(height, width), mode="bilinear")
    repainted = None
    if prepared.mask is not None:
        levels = torch.from_numpy(latent_mask(prepared.mask, (width, height)))
        repainted = levels.to(latents).view(1, 1, height, width)
    condition = None
    if sees_masks(model):
        condition = inpainting_condition(request, model, prepared, latents)
    return InitImage(latents, repainted, prepared.overlay, condition)


def inpainting_condition(
    request: GenerationRequest, model: Model, prepared: Preparation, latents: Tensor
) -> Tensor:
    """The mask, and the picture without what it covers: what an inpainting model is shown."""
    pixels = pixels_of(prepared.picture)
    hole = torch.ones_like(pixels[:, :1])
    if prepared.mask is not None:
        levels = np.array(prepared.mask.resize(prepared.picture.size), dtype=np.float32) / 255
        hole = torch.from_numpy(levels).round().view_as(hole)
    seen = torch.lerp(pixels, pixels * (1 - hole), request.mask_weight)
    mask = F.interpolate(hole, size=latents.shape[-2:]).to(latents)
    around = model.encode_picture(seen)
    if around.shape != latents.shape:
        around = F.interpolate(around, size=latents.shape[-2:], mode="bilinear")
    return torch.cat([mask, around], dim=1)


def empty_condition(model: Model, width: int, height: int) -> Tensor:
    """What an inpainting model is shown where there is no picture: all of it is to be painted."""
    grey = model.encode_picture(torch.zeros(1, 3, height, width))
    return torch.cat([torch.ones_like(grey[:, :1]), grey], dim=1)


def pixels_of(picture: Image.Image) -> Tensor:
    """A picture's colours in [-1, 1], (1, 3, H, W)."""
    levels = torch.from_numpy(np.array(picture)).permute(2, 0, 1)
    return levels.unsqueeze(0).float() / 127.5 - 1
