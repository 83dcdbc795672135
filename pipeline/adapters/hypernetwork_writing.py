"""Hypernetworks written in webui's layout (spec: webui §6)."""

import os
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pipeline.adapters.hypernetwork import Hypernetwork, Net


def write_hypernetwork(
    path: Path, hypernetwork: Hypernetwork, checkpoint_name: str, initialization: str = "Normal"
) -> None:
    """Write a `.pt`; a kill in the middle leaves whatever was there before."""
    structure = hypernetwork.structure
    values: dict[int | str, Any] = {
        width: tuple(weights_of(net) for net in pair) for width, pair in hypernetwork.nets.items()
    }
    values |= {
        "step": hypernetwork.step,
        "name": hypernetwork.name,
        "layer_structure": list(structure.layers),
        "activation_func": structure.activation,
        "is_layer_norm": structure.layer_norm,
        "weight_initialization": initialization,
        "sd_checkpoint": hypernetwork.checkpoint,
        "sd_checkpoint_name": checkpoint_name,
        "activate_output": structure.activates_output,
        "use_dropout": any(structure.dropout),
        "dropout_structure": list(structure.dropout),
        "last_layer_dropout": len(structure.dropout) > 2 and structure.dropout[-2] > 0,
        "optional_info": None,
    }
    part = path.with_name(f".{path.name}.part")
    torch.save(values, part)
    os.replace(part, path)


def weights_of(net: Net) -> dict[str, Tensor]:
    """A net's weights under the names that files have for them."""
    return {name: weight.detach().cpu().clone() for name, weight in net.state_dict().items()}
