"""What passes between a sampler and whoever runs the model.

A sampler is a generator. It yields an `Evaluation`, is sent the denoiser's estimate of the clean
latents, and returns the finished latents. It never calls a model: the engine gathers what every
running sampler asks for and answers them all with one UNet call.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeAlias

from torch import Tensor


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One question to the denoiser: which clean latents lie behind these?"""

    latents: Tensor  # [1, C, H, W]: clean latents + sigma * noise
    sigma: float


Sampler: TypeAlias = Generator[Evaluation, Tensor, Tensor]
