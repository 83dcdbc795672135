"""DreamBooth: the model itself learns a subject (Ruiz et al. 2022; spec: webui §8).

With prior preservation every sample of the subject is paired with one of its class, whose loss
counts beside. It does not know where the class's pictures come from.
"""

import math
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pipeline.errors import InvalidRequest
from pipeline.models.model import Model
from pipeline.models.packing import unpack_convolutions
from pipeline.models.saving import save_folder, save_single_file
from pipeline.training.averages import Averages
from pipeline.training.batches import Batch, Batches
from pipeline.training.dataset import Dataset
from pipeline.training.lora_extraction import LoraExtraction
from pipeline.training.method import Learned
from pipeline.training.precision import computing_dtype
from pipeline.training.randomness import number_for
from pipeline.training.texts import TrainingTexts
from pipeline.training_methods import DreamBoothSettings
from pipeline.training_request import TrainingRequest

WEIGHT_DECAY = 0.01
PROBED = 97  # of so many weights, one tells how far all have moved
TEXT_ENCODERS = ("text_encoder", "text_encoder_2")


class DreamBooth:
    """This run's own model, as it learns."""

    usual_norm = 0.5  # times the weights as they were

    def __init__(self, request: TrainingRequest, model: Model) -> None:
        """Raises `InvalidRequest` where a class is to be kept of which there are no pictures."""
        settings = request.method
        assert isinstance(settings, DreamBoothSettings)
        if settings.class_prompts and not request.class_pictures:
            raise InvalidRequest("Keeping a class needs pictures of it.")
        self.model = model
        self.settings = settings
        self.texts = TrainingTexts(model, frozen=not settings.trains_text_encoder)
        self.class_batches = batches_of_class(request, model, settings)
        unpack_convolutions(model.unet)
        unpack_convolutions(model.vae)
        model.vae.to("cpu")  # it has seen all pictures, and only waits to be saved
        self.modules: dict[str, nn.Module] = {"unet": model.unet}
        if settings.trains_text_encoder:
            towers = zip(TEXT_ENCODERS, model.towers, strict=False)
            self.modules |= {name: tower.encoder for name, tower in towers}
        for module in self.modules.values():
            module.requires_grad_(True)
        self.extraction = LoraExtraction(model, settings) if settings.lora_rank else None
        self.averages = (
            Averages(dict(self.parameters()), settings.ema_decay) if settings.ema else None
        )
        # A copy of all of them could be as large as memory; these tell as much.
        self.beginning = {name: probed(weight) for name, weight in self.parameters().items()}
        self.computing = getattr(torch, computing_dtype(request, model.device))

    def parameters(self) -> Mapping[str, nn.Parameter]:
        """Everything that learns, by name."""
        return {
            f"{part}.{name}": weight
            for part, module in self.modules.items()
            for name, weight in module.named_parameters()
        }

    def learned(self) -> Sequence[Learned]:
        return [
            Learned(
                list(module.parameters()),
                rate_share=1.0 if part == "unet" else self.settings.text_encoder_share,
                weight_decay=WEIGHT_DECAY,
            )
            for part, module in self.modules.items()
        ]

    def loss(self, batch: Batch) -> Tensor:
        rows = batch
        if self.class_batches:
            rows = joined(batch, self.class_batches.batch(batch.samples))
        with self.own_precision():
            context = self.texts.contexts(rows.texts)
            prediction = self.model.call_unet(rows.noised, rows.timesteps, context)
        losses = F.mse_loss(prediction, rows.target, reduction="none").mean(dim=(1, 2, 3))
        loss = losses[: len(batch)].mean()
        if self.class_batches:
            loss = loss + self.settings.prior_loss_weight * losses[len(batch) :].mean()
        return loss

    def own_precision(self) -> AbstractContextManager[object]:
        """Compute in half precision where the weights are kept in full and half was asked for."""
        if self.computing == self.model.dtype:
            return nullcontext()
        return torch.autocast(self.model.device.type, self.computing)

    def after_step(self) -> None:
        if self.averages:
            self.averages.update()

    def as_saved(self) -> AbstractContextManager[object]:
        """Have the averages in place, if there are any."""
        return self.averages.in_place() if self.averages else nullcontext()

    @torch.no_grad()
    def norm(self) -> float:
        """That of how far the weights have moved, as a share of what they were."""
        squares = torch.zeros(2)
        for name, weight in self.parameters().items():
            moved = probed(weight) - self.beginning[name]
            squares += torch.stack([moved.square().sum(), self.beginning[name].square().sum()])
        moved_square, begun_square = squares.tolist()
        return math.sqrt(moved_square / begun_square)

    def state(self) -> Mapping[str, Tensor]:
        state = {name: weight.detach() for name, weight in self.parameters().items()}
        if self.averages:
            averages = self.averages.state().items()
            state |= {f"average.{name}": average for name, average in averages}
        return state

    @torch.no_grad()
    def resume(self, state: Mapping[str, Tensor]) -> None:
        for name, weight in self.parameters().items():
            weight.copy_(state[name])
        if self.averages:
            prefix = "average."
            self.averages.resume(
                {
                    name.removeprefix(prefix): average
                    for name, average in state.items()
                    if name.startswith(prefix)
                }
            )

    def save(self, folder: Path, stem: str, num_steps: int) -> Path:
        """Write a folder in diffusers' layout; beside it the same as one file, and as a LoRA."""
        dtype = getattr(torch, self.settings.saved_precision)
        with self.as_saved():
            save_folder(self.model, folder / stem, dtype)
            save_single_file(self.model, folder / f"{stem}.safetensors", dtype)
            if self.extraction:
                self.extraction.save(folder / f"{stem}-lora.safetensors", num_steps)
        return folder / stem


def probed(weight: Tensor) -> Tensor:
    """A copy of some of a tensor's numbers."""
    return weight.detach().flatten()[::PROBED].cpu().float().clone()


def batches_of_class(
    request: TrainingRequest, model: Model, settings: DreamBoothSettings
) -> Batches | None:
    """Samples of the class, as many of them as of the subject; None where none is kept."""
    if not settings.class_prompts:
        return None
    pictures = request.class_pictures
    own = {"shuffles_tags": False, "tag_dropout": 0.0, "template": "filewords"}
    seed = number_for(request.seed, "class", -1)
    of_class = request.model_copy(update={"pictures": pictures, "seed": seed} | own)
    return Batches(of_class, model, Dataset(of_class, model, pictures))


def joined(first: Batch, second: Batch) -> Batch:
    """Two batches as one."""
    return Batch(
        torch.cat([first.noised, second.noised]),
        torch.cat([first.timesteps, second.timesteps]),
        torch.cat([first.target, second.target]),
        first.texts + second.texts,
        first.samples + second.samples,
    )
