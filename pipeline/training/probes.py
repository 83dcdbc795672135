"""What a run loses at fixed timesteps, noise and pictures: the same questions at every look.

The loss of a step tells little, since each has other timesteps and other noise. These are asked
again and again, so that what changes is what was learned.
"""

import torch

from pipeline.models.model import Model
from pipeline.training.batches import Batch, under_noise
from pipeline.training.captions import text_for
from pipeline.training.dataset import Dataset
from pipeline.training.method import Method
from pipeline.training.randomness import tensor_source
from pipeline.training_request import TrainingRequest

TIMESTEPS = (0.15, 0.35, 0.6, 0.85)  # as shares of all there are
NUM_ROWS = 16  # at most about so many, whatever the number of pictures


class Probes:
    """Rows of some pictures, and their mean loss whenever it is asked for."""

    def __init__(
        self, request: TrainingRequest, model: Model, pictures: Dataset, first: int = 0
    ) -> None:
        """`first`: which of the request's pictures is the first one here."""
        num_pictures = min(len(pictures), NUM_ROWS // len(TIMESTEPS))
        self.rows = [
            row_of(request, model, pictures, number, first + number, share, probe)
            for number in range(num_pictures)
            for probe in range(NUM_ROWS // (len(TIMESTEPS) * num_pictures))
            for share in TIMESTEPS
        ]

    @torch.no_grad()
    def loss(self, method: Method) -> float:
        """Row by row, so that it fits wherever a step does."""
        losses = [method.loss(row).item() for row in self.rows]
        return sum(losses) / len(losses)


def row_of(
    request: TrainingRequest,
    model: Model,
    pictures: Dataset,
    number: int,
    picture: int,
    share: float,
    probe: int,
) -> Batch:
    """One picture at one timestep, with the text that it is learned with."""
    source = tensor_source(request.seed, f"probe {picture} {share}", probe)
    latents = pictures.latents(number, False, source).unsqueeze(0)
    noise = torch.randn(latents.shape, generator=source).to(latents)
    timestep = torch.tensor([int(share * len(model.alphas_cumprod))], device=latents.device)
    noised, target = under_noise(latents, noise, timestep, model)
    return Batch(noised, timestep, target, (text_for(request, picture, picture),), (0,))
