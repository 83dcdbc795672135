"""The loss of all methods: how far the model's prediction is from what was added."""

from torch import Tensor
from torch.nn import functional as F

from pipeline.models.attention import TextContext
from pipeline.models.model import Model
from pipeline.training.batches import Batch


def diffusion_loss(model: Model, batch: Batch, context: TextContext) -> Tensor:
    """The mean squared error over all rows, in float32."""
    prediction = model.call_unet(batch.noised, batch.timesteps, context)
    return F.mse_loss(prediction, batch.target)
