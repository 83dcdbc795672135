"""LoRA: low-rank branches beside a model's layers, learned while the layers stay as they are.

Each branch adds `up(down(input)) * alpha / rank`; up begins at zero, so the first step sees the
model itself. (Hu et al. 2021; the file is in kohya's layout)
"""

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pipeline.adapters.lora_names import UNET, ModulePath
from pipeline.models.lora_branches import Changeable
from pipeline.models.model import Model
from pipeline.models.packing import PackedConv2d
from pipeline.training.batches import Batch
from pipeline.training.diffusion_loss import diffusion_loss
from pipeline.training.method import Learned
from pipeline.training.randomness import tensor_source
from pipeline.training.texts import TrainingTexts
from pipeline.training_methods import LoraSettings
from pipeline.training_request import TrainingRequest

UNET_PARTS = (".attentions.",)
UNET_PARTS_WITH_CONVOLUTIONS = (*UNET_PARTS, ".resnets.", ".downsamplers.", ".upsamplers.")
TEXT_PARTS = (".self_attn.", ".mlp.")


class Branch(nn.Module):
    """What is added to one layer's answer."""

    def __init__(
        self, module: Changeable, rank: int, scale: float, source: torch.Generator
    ) -> None:
        super().__init__()
        layer = module.plain if isinstance(module, PackedConv2d) else module
        self.scale = scale
        self.square = layer.weight.detach().float().square().sum().item()
        shape = layer.weight.shape
        down = torch.empty(rank, *shape[1:])
        nn.init.kaiming_uniform_(down, a=math.sqrt(5), generator=source)
        up = torch.zeros(shape[0], rank, *[1] * (len(shape) - 2))
        self.down = nn.Parameter(down.to(layer.weight.device))
        self.up = nn.Parameter(up.to(layer.weight.device))
        self.geometry: dict[str, Any] | None = None
        if isinstance(layer, nn.Conv2d):
            names = ("stride", "padding", "dilation")
            self.geometry = {name: getattr(layer, name) for name in names}

    def forward(self, states: Tensor) -> Tensor:
        down, up = self.down.to(states.dtype), self.up.to(states.dtype)
        if self.geometry is None:
            return F.linear(F.linear(states, down), up) * self.scale
        low = F.conv2d(states, down, None, **self.geometry)
        return F.conv2d(low, up) * self.scale

    def square_of_change(self) -> Tensor:
        """The squares in up times down, summed, without that large product."""
        up, down = self.up.flatten(1), self.down.flatten(1)
        return ((up.T @ up) * (down @ down.T)).sum() * self.scale**2

    def add(self, _: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        """The hook on the layer."""
        result: Tensor = output + self(inputs[0])
        return result


class LoraTraining:
    """The branches of one request, beside the layers of this run's own model."""

    usual_norm = 2.0  # times the layers' own

    def __init__(self, request: TrainingRequest, model: Model) -> None:
        settings = request.method
        assert isinstance(settings, LoraSettings)
        self.model = model
        self.settings = settings
        self.alpha = settings.alpha or float(settings.rank)
        self.texts = TrainingTexts(model, frozen=not settings.trains_text_encoder)
        self.branches: dict[ModulePath, Branch] = {}
        for number, (path, module) in enumerate(chosen_modules(model, settings)):
            source = tensor_source(request.seed, "branch", number)
            branch = Branch(module, settings.rank, self.alpha / settings.rank, source)
            module.register_forward_hook(branch.add)
            self.branches[path] = branch

    def learned(self) -> Sequence[Learned]:
        groups = []
        for is_unet, share in ((True, 1.0), (False, self.settings.text_encoder_share)):
            chosen = [
                parameter
                for module, branch in self.branches.items()
                if (module.part == UNET) == is_unet
                for parameter in branch.parameters()
            ]
            if chosen:
                groups.append(Learned(chosen, rate_share=share, weight_decay=0.01))
        return groups

    def loss(self, batch: Batch) -> Tensor:
        return diffusion_loss(self.model, batch, self.texts.contexts(batch.texts))

    def after_step(self) -> None:
        """Nothing more moves."""

    def as_saved(self) -> AbstractContextManager[object]:
        return nullcontext()

    @torch.no_grad()
    def norm(self) -> float:
        """That of what the branches add to their layers' weights, as a share of these."""
        added = sum(branch.square_of_change().item() for branch in self.branches.values())
        return math.sqrt(added / sum(branch.square for branch in self.branches.values()))

    def state(self) -> Mapping[str, Tensor]:
        return {
            f"{module.part}.{module.path}.{name}": weight.detach()
            for module, branch in self.branches.items()
            for name, weight in branch.named_parameters()
        }

    @torch.no_grad()
    def resume(self, state: Mapping[str, Tensor]) -> None:
        for module, branch in self.branches.items():
            for name, weight in branch.named_parameters():
                weight.copy_(state[f"{module.part}.{module.path}.{name}"])

    def save(self, folder: Path, stem: str, num_steps: int) -> Path:
        tensors: dict[str, Tensor] = {}
        for module, branch in self.branches.items():
            name = self.model.unet_loras.names.kohya(module)
            tensors[f"{name}.lora_down.weight"] = branch.down.detach().cpu()
            tensors[f"{name}.lora_up.weight"] = branch.up.detach().cpu()
            tensors[f"{name}.alpha"] = torch.tensor(self.alpha)
        facts = {
            "ss_network_module": "networks.lora",
            "ss_network_dim": str(self.settings.rank),
            "ss_network_alpha": str(self.alpha),
            "ss_steps": str(num_steps),
            "ss_sd_model_name": self.model.name,
            "ss_sd_model_hash": self.model.hash,
        }
        path = folder / f"{stem}.safetensors"
        part = path.with_suffix(".part")
        safetensors.torch.save_file(tensors, part, facts)
        os.replace(part, path)
        return path


def chosen_modules(model: Model, settings: LoraSettings) -> Iterator[tuple[ModulePath, Changeable]]:
    """The modules that get a branch, in the model's order."""
    parts = UNET_PARTS_WITH_CONVOLUTIONS if settings.convolutions else UNET_PARTS
    wanted = (
        (model.unet_loras, settings.trains_unet, parts),
        (model.text_loras, settings.trains_text_encoder, TEXT_PARTS),
    )
    for side, is_wanted, places in wanted:
        for path, module in side.modules.items():
            if is_wanted and any(place in path.path for place in places):
                yield path, module
