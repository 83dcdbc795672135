"""One image in flight: its sampler, its texts, and how far it is.

An image asks for one evaluation at a time. An evaluation is one row of a UNet call for each text
that holds then: one for each prompt that guides, and with guidance the negative one. The image
advances when all its rows are answered, be it by one call or by several.
"""

from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

from pipeline.models.attention import TextContext
from pipeline.models.model import Model
from pipeline.prompts.conditioning import Conditioning
from pipeline.requests import GenerationRequest
from pipeline.samplers import find_sampler
from pipeline.sampling.denoiser import guide
from pipeline.sampling.noise import ImageNoise
from pipeline.sampling.samplers import start_sampler
from pipeline.sampling.sigmas import SCHEDULES, NoiseLevels

Group: TypeAlias = tuple[str, torch.Size, int, tuple[tuple[str, float], ...]]


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One row of a UNet call: an image's latents read with one of its texts."""

    image: "RunningImage"
    slot: int  # which of the image's texts
    context: TextContext

    @property
    def group(self) -> Group:
        """Rows can share a call when these are equal: model, latent shape, tokens, adapters."""
        latents = self.image.evaluation.latents
        return (
            self.image.model.name,
            latents.shape,
            self.context.num_tokens,
            self.context.adapters,
        )


class RunningImage:
    """One seed of a request on its way from noise to latents."""

    def __init__(
        self,
        request: GenerationRequest,
        index: int,
        model: Model,
        levels: NoiseLevels,
        conditioning: Conditioning,
    ) -> None:
        self.request = request
        self.index = index
        self.model = model
        self.levels = levels
        self.conditioning = conditioning
        info, _ = find_sampler(request.sampler)
        schedule = SCHEDULES[info.noise_schedule(request.noise_schedule)]
        sigmas = schedule(levels, request.num_steps)
        noise = ImageNoise(
            seed=request.seeds[index],
            shape=model.latent_shape(request.width, request.height),
            variation_seed=request.variation_seed,
            variation_strength=request.variation_strength,
        )
        latents = noise.next().to(model.device) * sigmas[0]
        self.sampler = start_sampler(info.id, latents, sigmas, noise)
        self.evaluation = next(self.sampler)
        self.num_done = 0
        self.num_total = info.num_evaluations(request.num_steps)
        self.last_served = -1  # the engine's step at which a row of it was last answered
        self.denoised = latents  # the latest estimate of the clean latents, for previews
        self.latents: Tensor | None = None  # the finished ones
        self._answers: dict[int, Tensor] = {}

    @property
    def seed(self) -> int:
        return self.request.seeds[self.index]

    @property
    def texts(self) -> list[TextContext]:
        """What the present evaluation is read with: every prompt that guides, then the negative."""
        return self.conditioning.at(self.num_done)

    @property
    def rows(self) -> list[Row]:
        """What is still unanswered of the present evaluation."""
        return [
            Row(self, slot, context)
            for slot, context in enumerate(self.texts)
            if slot not in self._answers
        ]

    def answer(self, slot: int, denoised: Tensor) -> None:
        """Take one row's estimate (1, C, h, w); the last of them carries the image one call on."""
        self._answers[slot] = denoised
        if len(self._answers) < len(self.texts):
            return
        answers = [self._answers[slot] for slot in range(len(self.texts))]
        self._answers = {}
        self.denoised = (
            guide(
                torch.cat(answers[:-1]),
                answers[-1],
                self.request.guidance_scale,
                self.conditioning.weights,
            )
            if self.conditioning.negative
            else answers[0]
        )
        self.num_done += 1
        try:
            self.evaluation = self.sampler.send(self.denoised)
        except StopIteration as finished:
            self.latents = finished.value
