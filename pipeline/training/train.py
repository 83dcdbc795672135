"""From a request to a run: the model, its pictures as latents, the method, and the loop."""

from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from pipeline.errors import InvalidRequest, OutOfMemory
from pipeline.model_config import ModelConfig
from pipeline.models.loading import load_model
from pipeline.models.model import Model
from pipeline.training.aesthetic import make_aesthetic
from pipeline.training.batches import Batches
from pipeline.training.child import train_in_child
from pipeline.training.dataset import Dataset
from pipeline.training.disk import told_if_full
from pipeline.training.dreambooth import DreamBooth
from pipeline.training.hypernetwork import HypernetworkTraining
from pipeline.training.loop import Loop, Training, write_settings
from pipeline.training.lora import LoraTraining
from pipeline.training.method import Learned, Method
from pipeline.training.optimization import AdamWOptimization, Optimization
from pipeline.training.precision import computing_dtype, weights_dtype
from pipeline.training.prior import class_pictures
from pipeline.training.probes import Probes
from pipeline.training.sharding import STAGES, shard
from pipeline.training.small_optimizers import EightBitOptimization, OffloadedOptimization
from pipeline.training.textual_inversion import TextualInversion
from pipeline.training.watch import Questions, Watch
from pipeline.training_methods import AestheticEmbeddingSettings
from pipeline.training_request import TrainingRequest

METHODS: dict[str, Callable[[TrainingRequest, Model], Method]] = {
    "textual_inversion": TextualInversion,
    "lora": LoraTraining,
    "hypernetwork": HypernetworkTraining,
    "dreambooth": DreamBooth,
}
OPTIMIZATIONS: dict[str, Callable[[Sequence[Learned], TrainingRequest, bool], Optimization]] = {
    "adamw": AdamWOptimization,
    "adamw8bit": EightBitOptimization,
    "offload": OffloadedOptimization,
}


def train(
    request: TrainingRequest, name: str, config: ModelConfig, device: torch.device, folder: Path
) -> Training:
    """Run a request in a folder of its own, from the beginning or from where it stopped there.

    The model is loaded for this run alone: what learns may change it. Raises `InvalidRequest`,
    `ModelUnavailable`, `OutOfMemory` or `TrainingDiverged`.
    """
    chosen = train_in_child if request.optimizer in STAGES else run
    yield from chosen(request, name, config, device, folder)


def run(
    request: TrainingRequest, name: str, config: ModelConfig, device: torch.device, folder: Path
) -> Training:
    """The same in this very process."""
    try:
        with told_if_full():
            yield from events_of(request, name, config, device, folder)
    except torch.OutOfMemoryError as error:
        raise OutOfMemory(
            f"This training does not fit into the memory of {device}: take a smaller size, "
            "gradient checkpointing, or an optimizer that needs less."
        ) from error


def events_of(
    request: TrainingRequest, name: str, config: ModelConfig, device: torch.device, folder: Path
) -> Training:
    """All that a run says."""
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(request.method, AestheticEmbeddingSettings):
        write_settings(request, folder)
        yield from make_aesthetic(request, name, config, device, folder)
        return
    gathered = yield from class_pictures(request, config, folder)
    request = request.model_copy(update={"class_pictures": gathered})
    yield from open_loop(request, name, config, device, folder).run()


def open_loop(
    request: TrainingRequest, name: str, config: ModelConfig, device: torch.device, folder: Path
) -> Loop:
    """The run itself, once all pictures are there, before its first step."""
    dtype = weights_dtype(request, device)
    model = load_model(name, config.model_copy(update={"dtype": dtype}), device)
    if model.in_channels != model.latent_channels:
        raise InvalidRequest(
            f"The model `{name}` is made for inpainting, and nothing can be taught to such: name "
            "one that makes whole pictures."
        )
    if request.gradient_checkpointing:
        model.unet.enable_gradient_checkpointing()
    dataset = Dataset(request, model, request.learned_pictures)
    held_out = Dataset(request, model, request.pictures[len(dataset) :])
    method: Method = METHODS[request.method.kind](request, model)
    model.vae.to("cpu")  # it has seen all pictures
    optimization: Optimization
    if request.optimizer in STAGES:
        if not isinstance(method, DreamBooth):
            raise InvalidRequest("DeepSpeed is for DreamBooth: other methods need no such room.")
        method, optimization = shard(method, request, folder)
    else:
        scales = computing_dtype(request, device) == "float16"
        optimization = OPTIMIZATIONS[request.optimizer](method.learned(), request, scales)
    batches = Batches(request, model, dataset)
    watch = open_watch(request, method, dataset, held_out, folder) if request.watch_every else None
    return Loop(request, method, batches, optimization, folder, watch)


def open_watch(
    request: TrainingRequest, method: Method, dataset: Dataset, held_out: Dataset, folder: Path
) -> Watch:
    """The watch over a run that has not taken its first step."""
    learned = Probes(request, method.model, dataset)
    others = Probes(request, method.model, held_out, first=len(dataset)) if len(held_out) else None
    return Watch(request, method, Questions(learned, others), folder)
