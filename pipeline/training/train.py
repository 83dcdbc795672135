"""From a request to a run: the model, its pictures as latents, the method, and the loop."""

from collections.abc import Callable
from pathlib import Path

import torch

from pipeline.model_config import ModelConfig
from pipeline.models.loading import load_model
from pipeline.models.model import Model
from pipeline.training.batches import Batches
from pipeline.training.dataset import Dataset
from pipeline.training.loop import Loop, Training
from pipeline.training.lora import LoraTraining
from pipeline.training.method import Method
from pipeline.training.optimization import AdamWOptimization
from pipeline.training.textual_inversion import TextualInversion
from pipeline.training_request import TrainingRequest

METHODS: dict[str, Callable[[TrainingRequest, Model], Method]] = {
    "textual_inversion": TextualInversion,
    "lora": LoraTraining,
}


def train(
    request: TrainingRequest, name: str, config: ModelConfig, device: torch.device, folder: Path
) -> Training:
    """Run a request in a folder of its own, from the beginning or from where it stopped there.

    The model is loaded for this run alone: what learns may change it. Raises `InvalidRequest`,
    `ModelUnavailable`, `OutOfMemory` or `TrainingDiverged`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "settings.json").write_text(request.model_dump_json(indent=2), "utf-8")
    dtype = training_dtype(request.precision, device)
    model = load_model(name, config.model_copy(update={"dtype": dtype}), device)
    if request.gradient_checkpointing:
        model.unet.enable_gradient_checkpointing()
    batches = Batches(request, model, Dataset(request, model, request.pictures))
    method = METHODS[request.method.kind](request, model)
    optimization = AdamWOptimization(method.learned(), request, scales=dtype == "float16")
    yield from Loop(request, method, batches, optimization, folder).run()


def training_dtype(precision: str, device: torch.device) -> str:
    """What `precision` in a request stands for on a device."""
    if precision != "auto":
        return precision
    if device.type != "cuda":
        return "float32"
    # Older cards only pretend to know bfloat16.
    return "bfloat16" if torch.cuda.get_device_capability(device) >= (8, 0) else "float16"
