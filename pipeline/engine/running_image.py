"""One image in flight: its sampler, its texts, and how far it is.

An image asks for one evaluation at a time. An evaluation is one row of a UNet call for each text
that holds then: one for each prompt that guides, and with guidance the negative one. The image
advances when all its rows are answered, be it by one call or by several.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import torch
from torch import Tensor

from pipeline.engine.init_image import InitImage
from pipeline.engine.start import start_image
from pipeline.models.attention import Adapters, TextContext
from pipeline.models.model import Model
from pipeline.prompts.conditioning import Conditioning
from pipeline.requests import GenerationRequest
from pipeline.samplers import find_sampler
from pipeline.sampling.denoiser import guide
from pipeline.sampling.evaluation import Evaluation, Scaling
from pipeline.sampling.sigmas import NoiseLevels

Group: TypeAlias = tuple[str, torch.Size, int, Adapters]


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
            self.image.model.key,
            latents.shape,
            self.context.num_tokens,
            self.context.adapters,
        )


class RunningImage:
    """One seed of a request on its way from noise to latents, in one pass or in two."""

    def __init__(
        self,
        request: GenerationRequest,
        index: int,
        model: Model,
        levels: NoiseLevels,
        conditionings: Sequence[Conditioning],  # one for each pass
        init: InitImage | None = None,
    ) -> None:
        self.request = request
        self.index = index
        self.model = model
        self.levels = levels
        self.conditionings = conditionings
        self.num_done = 0  # denoiser calls
        self.last_served = -1  # the engine's step at which a row of it was last answered
        self._begin(0, init)

    def begin_second_pass(self, init: InitImage) -> None:
        """Go on from the first pass's picture, made larger."""
        self._begin(1, init)

    def _begin(self, number: int, init: InitImage | None) -> None:
        """Start the pass of that number."""
        self.number = number
        self.condition = init.condition if init else None
        self.overlay = init.overlay if init else None
        self._beginning = init.beginning(self.request, self.index) if init else None
        self._repainted = init.repainted if init else None
        stage = self.request.passes[number]
        start = start_image(
            self.request, self.index, self.model, self.levels, self._beginning, stage
        )
        self.sampler = start.sampler
        self.evaluation = self._shown(next(self.sampler))
        self._num_before = self.num_done  # calls of the pass before
        self._num_here = start.num_calls
        self._range = start.adaptive_range
        self._share_done = 0.0  # of the way down that range
        self._answered: tuple[Evaluation, Tensor] | None = None
        self.latents: Tensor | None = None  # the finished ones
        self._answers: dict[int, Tensor] = {}

    @property
    def has_another_pass(self) -> bool:
        """Whether the finished latents are not the last word."""
        return self.number + 1 < len(self.conditionings)

    @property
    def conditioning(self) -> Conditioning:
        """What holds in the present pass."""
        return self.conditionings[self.number]

    @property
    def lora_hashes(self) -> dict[str, str]:
        """Those of every LoRA that was used in any pass, by name."""
        hashes: dict[str, str] = {}
        for each in self.conditionings:
            hashes |= each.lora_hashes
        return hashes

    @property
    def embedding_hashes(self) -> dict[str, str]:
        """Those of every embedding that was used in any pass, by name."""
        hashes: dict[str, str] = {}
        for each in self.conditionings:
            hashes |= each.embedding_hashes
        return hashes

    @property
    def num_total(self) -> int:
        """Denoiser calls of all passes, those to come as they are expected."""
        sampler, _ = find_sampler(self.request.sampler)
        later = self.request.passes[self.number + 1 :]
        to_come = sum(sampler.num_evaluations(each.num_steps, each.plan) for each in later)
        return self._num_before + self._num_here + to_come

    @property
    def seed(self) -> int:
        return self.request.seeds[self.index]

    @property
    def texts(self) -> list[TextContext]:
        """What the present evaluation is read with: every prompt that guides, then the negative."""
        return self.conditioning.at(self.num_done - self._num_before)

    @property
    def timestep(self) -> float:
        """Where the model is asked now."""
        asked = self.evaluation.timestep
        return self.levels.timestep(self.evaluation.sigma) if asked is None else asked

    @property
    def denoised(self) -> Tensor:
        """The latest estimate of the clean latents, for previews; before there is one, noise."""
        if self._answered is None:
            return self.evaluation.latents
        evaluation, answer = self._answered
        return evaluation.denoised(answer)

    @property
    def rows(self) -> list[Row]:
        """What is still unanswered of the present evaluation."""
        return [
            Row(self, slot, context)
            for slot, context in enumerate(self.texts)
            if slot not in self._answers
        ]

    def answer(self, slot: int, estimate: Tensor) -> None:
        """Take one row's estimate (1, C, h, w); the last of them carries the image one call on."""
        self._answers[slot] = estimate
        if len(self._answers) < len(self.texts):
            return
        answers = [self._answers[slot] for slot in range(len(self.texts))]
        self._answers = {}
        answer = self._guided(answers)
        if self.evaluation.scaling is Scaling.VE:
            answer = self._masked(answer)
        self._answered = self.evaluation, answer
        self.num_done += 1
        try:
            self.evaluation = self._shown(self.sampler.send(answer))
        except StopIteration as finished:
            self.latents = self._masked(finished.value)
            self._num_here = self.num_done - self._num_before
        else:
            self._num_here = max(self._expected(), self.num_done - self._num_before + 1)

    def _shown(self, evaluation: Evaluation) -> Evaluation:
        """What the model is asked in place of what the sampler asks.

        As in the reference, samplers that ask for noise have the model shown the clean picture
        outside the mask; the others have its answer replaced there.
        """
        if evaluation.scaling is Scaling.VE:
            return evaluation
        return replace(evaluation, latents=self._masked(evaluation.latents))

    def _masked(self, latents: Tensor) -> Tensor:
        """These latents where the picture is painted anew, those it began from elsewhere."""
        if self._repainted is None or self._beginning is None:
            return latents
        return latents * self._repainted + self._beginning * (1 - self._repainted)

    def _guided(self, answers: list[Tensor]) -> Tensor:
        """One answer from those of all texts."""
        if not self.conditioning.negative:
            return answers[0]
        guided = guide(
            torch.cat(answers[:-1]),
            answers[-1],
            self.request.guidance_scale * self.evaluation.guidance_share,
            self.conditioning.weights,
        )
        return torch.cat([guided, answers[-1]]) if self.evaluation.wants_unconditional else guided

    def _expected(self) -> int:
        """How many calls this pass will take: known, unless the sampler finds out as it goes."""
        if self._range is None:
            return self._num_here
        highest, lowest = self._range
        share = math.log(highest / self.evaluation.sigma) / math.log(highest / lowest)
        self._share_done = max(self._share_done, share)
        num_done = self.num_done - self._num_before
        return round(num_done / self._share_done) if self._share_done else self._num_here
