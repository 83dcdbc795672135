"""Weights out of a file and into a module."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from pipeline.checkpoint import is_pickle, names_in
from pipeline.checkpoint_folder import HALF, weights_file
from pipeline.errors import ModelUnavailable
from pipeline.models.pickles import read_pickle

Module = TypeVar("Module", bound=nn.Module)


def load_part(kind: Any, folder: Path, dtype: torch.dtype) -> Any:
    """A module from its folder in diffusers' layout, in ordinary memory.

    Raises what the libraries raise where it is not whole.
    """
    variant = HALF if f".{HALF}." in weights_file(folder).name else None
    module = kind.from_pretrained(folder, dtype=dtype, variant=variant, local_files_only=True)
    for weight in module.parameters():
        # What still lies in the file would change with the file.
        weight.data = weight.data.clone()
    return module


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors of a single file by their names; they may still lie in the file itself.

    Raises `ModelUnavailable` where it is cut off, damaged, or a pickle of more than numbers.
    """
    names_in(path)  # says better than what reads the numbers what is wrong with a file
    if is_pickle(path):
        return read_pickle(path)
    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise ModelUnavailable(f"`{path}` is damaged or cut off: download it again.") from error


def without_prefix(weights: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Those whose names begin with it, under the rest of their names."""
    return {
        name.removeprefix(prefix): weight
        for name, weight in weights.items()
        if name.startswith(prefix)
    }


def filled(
    module: Module,
    weights: Mapping[str, Tensor],
    path: Path,
    device: torch.device,
    dtype: torch.dtype,
) -> Module:
    """A module made without memory, with weights of its own on a device in a dtype.

    Raises `ModelUnavailable` where one is missing or of another shape.
    """
    wanted = {name: tuple(weight.shape) for name, weight in module.state_dict().items()}
    part = type(module).__name__
    if missing := [name for name in wanted if name not in weights]:
        raise ModelUnavailable(
            f"`{path}` lacks {len(missing):,} of the {len(wanted):,} weights of its {part} "
            f"(`{missing[0]}`): it is not whole, or its model was pruned."
        )
    for name, shape in wanted.items():
        if tuple(weights[name].shape) != shape:
            raise ModelUnavailable(
                f"`{path}`: its {part} has another size (`{name}` is "
                f"{tuple(weights[name].shape)}, not {shape}): name a folder with its settings, "
                'configs = "…".'
            )
    # Copied even where nothing changes: what still lies in the file would change with the file.
    own = {name: weights[name].to(device, dtype, copy=True) for name in wanted}
    module.load_state_dict(own, assign=True)
    return module
