"""Pictures as latents, encoded once before the first step.

What is kept is what the VAE thinks possible, its mean and deviation, so that a sample may be
drawn anew each time as if the picture had been encoded again. It knows no captions or noise.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from pipeline.errors import InvalidRequest
from pipeline.models.model import Model
from pipeline.pictures import open_picture
from pipeline.training.randomness import tensor_source
from pipeline.training_request import TrainingPicture, TrainingRequest


@dataclass(frozen=True, slots=True, eq=False)
class CachedLatents:
    """What the VAE thinks that one picture could be; (C, h, w) each, scaled, float32."""

    mean: Tensor
    deviation: Tensor
    drawn: Tensor  # the sample that latent sampling "once" sticks to

    @classmethod
    def made(cls, mean: Tensor, deviation: Tensor, source: torch.Generator) -> "CachedLatents":
        drawn = mean + deviation * torch.randn(mean.shape, generator=source).to(mean)
        return cls(mean, deviation, drawn)


class Dataset:
    """A request's pictures on a model's device, mirrored too where they will be wanted so."""

    def __init__(
        self, request: TrainingRequest, model: Model, pictures: Sequence[TrainingPicture]
    ) -> None:
        """Raises `InvalidRequest` where a picture turns out to be damaged."""
        self.sampling = request.latent_sampling
        self._kept = [
            self._encode(picture, number, request, model) for number, picture in enumerate(pictures)
        ]

    def __len__(self) -> int:
        return len(self._kept)

    @torch.no_grad()  # not inference_mode: the loss is made of what is kept
    def _encode(
        self, picture: TrainingPicture, number: int, request: TrainingRequest, model: Model
    ) -> tuple[CachedLatents, ...]:
        fitted = fit(open_for_training(picture), request)
        variants = [fitted, ImageOps.mirror(fitted)] if request.flip else [fitted]
        kept: list[CachedLatents] = []
        for variant in variants:
            levels = torch.from_numpy(np.array(variant)).permute(2, 0, 1).unsqueeze(0)
            pixels = (levels.float() / 127.5 - 1).to(model.device, model.vae.dtype)
            posterior = model.vae.encode(pixels).latent_dist
            scale = model.vae.config.scaling_factor
            source = tensor_source(request.seed, "latents", 2 * number + len(kept))
            mean, deviation = posterior.mean[0].float(), posterior.std[0].float()
            kept.append(CachedLatents.made(mean * scale, deviation * scale, source))
        return tuple(kept)

    def latents(self, picture: int, mirrored: bool, source: torch.Generator) -> Tensor:
        """One picture's clean latents (C, h, w), as the request wants them sampled."""
        cached = self._kept[picture][mirrored]
        if self.sampling == "deterministic":
            return cached.mean
        if self.sampling == "once":
            return cached.drawn
        return CachedLatents.made(cached.mean, cached.deviation, source).drawn


def open_for_training(picture: TrainingPicture) -> Image.Image:
    """The picture in RGB. Raises `InvalidRequest` where it is damaged."""
    try:
        return open_picture(picture.content)
    except ValueError as error:
        where = f"`{picture.file}`: " if picture.file else ""
        raise InvalidRequest(f"{where}{error}") from error


def fit(picture: Image.Image, request: TrainingRequest) -> Image.Image:
    """The picture in the request's size: its middle, or stretched as webui does it."""
    size = request.width, request.height
    if request.stretches:
        return picture.resize(size, Image.Resampling.BICUBIC)
    return ImageOps.fit(picture, size, Image.Resampling.BICUBIC)
