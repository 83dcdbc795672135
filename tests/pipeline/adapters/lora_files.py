"""LoRA files with random weights for a model, in the layouts that people pass around."""

from collections.abc import Iterable
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor

from pipeline.adapters.lora_names import ModulePath
from pipeline.models.lora_branches import weight_of
from pipeline.models.model import Model

RANK, ALPHA = 4, 2.0


def weights_of(model: Model) -> dict[ModulePath, Tensor]:
    """Every weight that a LoRA can change."""
    sides = (model.unet_loras, model.text_loras)
    return {path: weight_of(module) for side in sides for path, module in side.modules.items()}


def random_matrices(
    model: Model, seed: int, modules: Iterable[ModulePath] | None = None, size: float = 0.3
) -> dict[ModulePath, tuple[Tensor, Tensor]]:
    """(down, up) for modules of a model, or for all of them."""
    source = torch.Generator().manual_seed(seed)
    weights = weights_of(model)
    matrices = {}
    for path in weights if modules is None else modules:
        num_out, *others = weights[path].shape
        kernel = others[1:]
        down = torch.randn(RANK, *others, generator=source) * size
        up = torch.randn(num_out, RANK, *[1] * len(kernel), generator=source) * size
        matrices[path] = down, up
    return matrices


def kohya(
    model: Model, matrices: dict[ModulePath, tuple[Tensor, Tensor]], alpha: float | None = ALPHA
) -> dict[str, Tensor]:
    """The tensors of kohya's layout."""
    tensors = {}
    for path, (down, up) in matrices.items():
        name = model.unet_loras.names.kohya(path)
        tensors[f"{name}.lora_down.weight"] = down
        tensors[f"{name}.lora_up.weight"] = up
        if alpha is not None:
            tensors[f"{name}.alpha"] = torch.tensor(alpha)
    return tensors


def peft(matrices: dict[ModulePath, tuple[Tensor, Tensor]]) -> dict[str, Tensor]:
    """The tensors of diffusers' present layout, which has no alpha."""
    return {
        f"{path.part}.{path.path}.lora_{side}.weight": matrix
        for path, pair in matrices.items()
        for side, matrix in zip("AB", pair, strict=True)
    }


def write_lora(
    folder: Path, name: str, tensors: dict[str, Tensor], metadata: dict[str, str] | None = None
) -> Path:
    """A file of a folder that may be a shelf's."""
    path = folder / "loras" / f"{name}.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    safetensors.torch.save_file(
        {key: tensor.clone().contiguous() for key, tensor in tensors.items()}, path, metadata
    )
    return path
