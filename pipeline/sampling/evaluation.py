"""What passes between a sampler and whoever runs the model.

A sampler is a generator. It yields an `Evaluation`, is sent the denoiser's estimate, and returns
the finished latents. It never calls a model: the engine gathers what every running sampler asks
for and answers them all with one UNet call.
"""

import math
from collections.abc import Generator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from torch import Tensor


class Scaling(StrEnum):
    """How an evaluation's latents are scaled, and with that what answers it."""

    VE = "variance_exploding"  # clean + sigma * noise; the answer is the clean latents
    VP = "variance_preserving"  # the same over sqrt(1 + sigma**2); the answer is the noise


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One question to the denoiser: which clean latents, or which noise, lie behind these?"""

    latents: Tensor  # [1, C, H, W]
    sigma: float
    timestep: float | None = None  # None: where the model knows noise of this sigma from
    scaling: Scaling = Scaling.VE
    guidance_share: float = 1.0  # of the guidance scale that was asked for
    wants_unconditional: bool = False  # then the answer is [2, C, H, W], the unconditional one last

    def denoised(self, answer: Tensor) -> Tensor:
        """The clean latents that an answer to this question speaks of, [1, C, H, W]."""
        if self.scaling is Scaling.VE:
            return answer[:1]
        return self.latents * math.sqrt(1 + self.sigma**2) - answer[:1] * self.sigma


Sampler: TypeAlias = Generator[Evaluation, Tensor, Tensor]
