"""What one optimizer step learns from: samples of pictures under noise, and what is said of them.

A sample is known by its number in the run. All that is random about it comes from that number
(`pipeline.training.randomness`), so a step's samples may be gone through in portions of any size.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from pipeline.models.model import Model
from pipeline.training.captions import text_for
from pipeline.training.dataset import Dataset
from pipeline.training.randomness import choice_source, picture_of, tensor_source
from pipeline.training_request import TrainingRequest


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Some samples; tensors are (rows, C, h, w), float32, on the model's device."""

    noised: Tensor
    timesteps: Tensor  # (rows,)
    target: Tensor  # what the model should predict
    texts: tuple[str, ...]
    samples: tuple[int, ...]  # their numbers in the run

    def __len__(self) -> int:
        return len(self.texts)


class Batches:
    """Makes a run's samples."""

    def __init__(self, request: TrainingRequest, model: Model, dataset: Dataset) -> None:
        self.request = request
        self.model = model
        self.dataset = dataset

    def portions(self, step: int, size: int) -> Iterator[Batch]:
        """The samples of one step, so many at once."""
        first, count = step * self.request.samples_per_step, self.request.samples_per_step
        for start in range(first, first + count, size):
            yield self.batch(range(start, min(start + size, first + count)))

    def batch(self, samples: Sequence[int]) -> Batch:
        """Samples by their numbers."""
        texts, *parts = zip(*map(self._row, samples), strict=True)
        latents, noise, timesteps = (torch.stack(part).to(self.model.device) for part in parts)
        noised, target = under_noise(latents, noise, timesteps, self.model)
        return Batch(noised, timesteps, target, texts, tuple(samples))

    def _row(self, sample: int) -> tuple[str, Tensor, Tensor, Tensor]:
        """Text, clean latents, noise and timestep of one sample."""
        request = self.request
        picture = picture_of(sample, len(self.dataset), request.seed)
        source = tensor_source(request.seed, "sample", sample)
        num_timesteps = len(self.model.alphas_cumprod)
        timestep = torch.randint(num_timesteps, (), generator=source)
        mirrored = choice_source(request.seed, "flip", sample).random() < request.flip
        shape = self.model.latent_shape(request.width, request.height)
        noise = torch.randn(shape, generator=source)
        latents = self.dataset.latents(picture, mirrored, source)
        return text_for(request, picture, sample), latents, noise, timestep


def under_noise(
    latents: Tensor, noise: Tensor, timesteps: Tensor, model: Model
) -> tuple[Tensor, Tensor]:
    """Latents at their timesteps, and what the model should predict of them."""
    alphas = model.alphas_cumprod.to(latents.device)[timesteps].view(-1, 1, 1, 1)
    signal, disturbance = alphas.sqrt(), (1 - alphas).sqrt()
    noised = signal * latents + disturbance * noise
    if model.prediction == "v_prediction":
        return noised, signal * noise - disturbance * latents
    return noised, noise
