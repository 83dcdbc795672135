"""In which numbers a run computes, and in which it keeps the weights that it changes."""

import torch

from pipeline.training_request import TrainingRequest


def computing_dtype(request: TrainingRequest, device: torch.device) -> str:
    """What `precision` in a request stands for on a device."""
    if request.precision != "auto":
        return request.precision
    if device.type != "cuda":
        return "float32"
    # Older cards only pretend to know bfloat16.
    return "bfloat16" if torch.cuda.get_device_capability(device) >= (8, 0) else "float16"


def weights_dtype(request: TrainingRequest, device: torch.device) -> str:
    """What the model is loaded in.

    Weights that learn in small steps need float32; half precision would round the steps away.
    Where the optimizer keeps such a copy elsewhere, the device needs only what it computes in.
    """
    learns_itself = request.method.kind == "dreambooth"
    keeps_copy = request.optimizer not in ("adamw", "adamw8bit")
    return "float32" if learns_itself and not keeps_copy else computing_dtype(request, device)
