"""One UNet call for the rows of several images."""

from collections.abc import Sequence

import torch
from torch import Tensor

from pipeline.engine.running_image import Row
from pipeline.models.attention import TextContext, stack_contexts
from pipeline.sampling.denoiser import Prediction, reading

NUM_STACKED = 64  # rows; one of Stable Diffusion 1 takes 4 MB, and groups take turns


class Denoiser:
    """Answers rows, and remembers the stacked texts of the last calls.

    From one step to the next the same rows mostly come again with the same texts.
    """

    def __init__(self) -> None:
        self._stacked: dict[tuple[int, ...], tuple[Sequence[TextContext], TextContext]] = {}

    def __call__(self, rows: Sequence[Row]) -> Sequence[Tensor]:
        """What each row's evaluation asks for, (1, C, h, w): denoised latents or their noise."""
        model = rows[0].image.model
        prediction = Prediction(model.prediction)
        evaluations = [row.image.evaluation for row in rows]
        latents = torch.cat([evaluation.latents for evaluation in evaluations])
        numbers = [(row.image.timestep, *reading(prediction, row.image.evaluation)) for row in rows]
        # One copy to the device for all that differs between the rows.
        timesteps, *scales = torch.tensor(numbers, dtype=torch.float32).to(model.device).unbind(1)
        input_scale, of_latents, of_output = (scale.view(-1, 1, 1, 1) for scale in scales)
        context = self._stack([row.context for row in rows])
        shown = [latents * input_scale]
        conditions = [row.image.condition for row in rows if row.image.condition is not None]
        if conditions:  # of an inpainting model all rows have one
            shown.append(torch.cat(conditions))
        output = model.predict(torch.cat(shown, dim=1), timesteps, context)
        return (of_latents * latents + of_output * output).split(1)

    def forget(self) -> None:
        """Let go of those texts."""
        self._stacked.clear()

    def _stack(self, contexts: Sequence[TextContext]) -> TextContext:
        key = tuple(map(id, contexts))
        if key not in self._stacked:
            while self._stacked and len(key) + sum(map(len, self._stacked)) > NUM_STACKED:
                self._stacked.pop(next(iter(self._stacked)))
            # The contexts are kept beside their stack: an id is only unique while its object lives.
            self._stacked[key] = contexts, stack_contexts(contexts)
        return self._stacked[key][1]
