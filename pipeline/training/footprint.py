"""How much of a device's memory a run will take for what it keeps there, before it is loaded."""

import torch

from pipeline.model_config import ModelConfig
from pipeline.models.weight import bytes_on_disk
from pipeline.training.precision import weights_dtype
from pipeline.training_request import TrainingRequest

# Of a model that learns itself: weights, gradients and two states of each, as many as stay there.
COPIES = {"adamw": 4.0, "adamw8bit": 2.5, "offload": 2.0, "deepspeed2": 2.0, "deepspeed3": 1.5}


def bytes_of_training(request: TrainingRequest, config: ModelConfig, device: torch.device) -> float:
    """What the model takes and, where it learns itself, what learning adds."""
    dtype: torch.dtype = getattr(torch, weights_dtype(request, device))
    learns_itself = request.method.kind == "dreambooth"
    return bytes_on_disk(config, dtype) * (COPIES[request.optimizer] if learns_itself else 1.0)
