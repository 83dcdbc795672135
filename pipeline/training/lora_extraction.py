"""What a model has learned, as a LoRA: the nearest matrices of low rank to what changed.

(the singular value decomposition of each layer's change; the file is in kohya's layout)
"""

import os
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor

from pipeline.models.model import Model
from pipeline.models.packing import PackedConv2d
from pipeline.training.lora import chosen_modules
from pipeline.training_methods import DreamBoothSettings, LoraSettings

EXACT_WIDTH = 512  # layers that are no wider are taken apart exactly
REFINEMENTS = 6  # rounds of the approximation for wider ones


class LoraExtraction:
    """Remembers what a model's layers were, to tell later what became of them."""

    def __init__(self, model: Model, settings: DreamBoothSettings) -> None:
        self._model = model
        self._rank = settings.lora_rank
        chosen = LoraSettings(
            rank=self._rank,
            convolutions=True,
            trains_text_encoder=settings.trains_text_encoder,
        )
        self._layers = {
            path: module.plain if isinstance(module, PackedConv2d) else module
            for path, module in chosen_modules(model, chosen)
        }
        self._before = {
            module: layer.weight.detach().cpu().clone() for module, layer in self._layers.items()
        }

    def save(self, path: Path, num_steps: int) -> None:
        """Write the change of every layer that changed."""
        names = self._model.unet_loras.names
        tensors: dict[str, Tensor] = {}
        for module, layer in self._layers.items():
            change = layer.weight.detach().cpu().float() - self._before[module].float()
            if not change.any():
                continue
            down, up = nearest(change, self._rank)
            name = names.kohya(module)
            tensors[f"{name}.lora_down.weight"] = down
            tensors[f"{name}.lora_up.weight"] = up
            tensors[f"{name}.alpha"] = torch.tensor(float(len(down)))
        facts = {
            "ss_network_module": "networks.lora",
            "ss_network_dim": str(self._rank),
            "ss_network_alpha": str(float(self._rank)),
            "ss_steps": str(num_steps),
            "ss_sd_model_name": self._model.name,
            "ss_sd_model_hash": self._model.hash,
        }
        part = path.with_suffix(".part")
        safetensors.torch.save_file(tensors, part, facts)
        os.replace(part, path)


def nearest(change: Tensor, rank: int) -> tuple[Tensor, Tensor]:
    """`lora_down` and `lora_up` whose product is as near to a layer's change as the rank allows."""
    matrix = change.flatten(1)
    rank = min(rank, *matrix.shape)
    if min(matrix.shape) <= EXACT_WIDTH:
        left, sizes, right = torch.linalg.svd(matrix, full_matrices=False)
    else:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)  # the approximation begins at random
            left, sizes, transposed = torch.svd_lowrank(matrix, 2 * rank, niter=REFINEMENTS)
        right = transposed.T
    roots = sizes[:rank].sqrt()
    up = (left[:, :rank] * roots).reshape(len(matrix), rank, *[1] * (change.dim() - 2))
    down = (right[:rank] * roots.unsqueeze(1)).reshape(rank, *change.shape[1:])
    return down.contiguous(), up.contiguous()
