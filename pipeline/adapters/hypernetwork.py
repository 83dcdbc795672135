"""Hypernetworks: small nets that bend what attention reads before its keys and values.

A file has a pair of nets, for keys and for values, for each width that they serve: the text's
width for cross-attention, 320, 640 and 1280 for self-attention. It does not know where in a
model attention stands; `pipeline.models.attention` asks.
"""

from collections.abc import Collection, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn.modules import activation

from pipeline.adapters.files import MEGABYTE, AdapterFile, open_adapter
from pipeline.errors import InvalidRequest
from pipeline.model_fit import TOKEN_WIDTHS, who_it_fits

SUFFIXES = frozenset({".pt"})
MAX_BYTES = 2048 * MEGABYTE
MAX_STAGES, MAX_WIDENING = 32, 64.0
MAX_WIDTH = 8192
AUTOMATIC_DROPOUT = 0.3

# "swish" is Hardswish, as it was when the files were written that say so.
ACTIVATIONS: Mapping[str, type[nn.Module]] = {
    name.lower(): kind
    for name, kind in vars(activation).items()
    if isinstance(kind, type) and kind.__module__ == activation.__name__
} | {"linear": nn.Identity, "swish": nn.Hardswish}

# These need settings that no file has, change the width, or would mix the pictures of one call.
USABLE_ACTIVATIONS = ACTIVATIONS.keys() - {
    *("glu", "multiheadattention", "threshold"),
    *("softmax", "softmax2d", "softmin", "logsoftmax"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """How the nets of one hypernetwork are built, whatever their width."""

    layers: tuple[float, ...] = (1, 2, 1)  # widths of the stages, as multiples of the net's own
    activation: str | None = None
    layer_norm: bool = False
    activates_output: bool = True
    dropout: tuple[float, ...] = (0, 0, 0)  # after each stage; only its place matters here


class Net(nn.Module):
    """One net for one width; `linear` is what its weights are called in files."""

    def __init__(self, width: int, structure: Structure) -> None:
        super().__init__()
        self.linear = nn.Sequential(*build_layers(width, structure))

    def forward(self, states: Tensor) -> Tensor:
        # In training they learn in full precision beside a model in half.
        result: Tensor = self.linear(states.to(self.dtype))
        return result.to(states.dtype)

    @property
    def dtype(self) -> torch.dtype:
        return next(self.parameters()).dtype


Pair: TypeAlias = tuple[Net, Net]  # for keys, for values


@dataclass(frozen=True, slots=True, eq=False)
class Hypernetwork:
    """Nets by the width they serve."""

    name: str
    nets: Mapping[int, Pair]
    hash: str  # SHA-256 of the file, hex
    structure: Structure
    step: int = 0  # of its training
    checkpoint: str | None = None  # short hash of what it was trained on

    @property
    def num_bytes(self) -> int:
        nets = (net for pair in self.nets.values() for net in pair)
        return sum(weight.nbytes for net in nets for weight in net.parameters())

    def to(self, device: torch.device, dtype: torch.dtype) -> "Hypernetwork":
        """A copy on a device in a dtype."""
        nets = {
            width: (deepcopy(keys).to(device, dtype), deepcopy(values).to(device, dtype))
            for width, (keys, values) in self.nets.items()
        }
        return replace(self, nets=nets)


HypernetworkSet: TypeAlias = tuple[tuple[Hypernetwork, float], ...]
"""Hypernetworks in the order they apply, each with its strength."""


def apply_hypernetworks(states: Tensor, hypernetworks: HypernetworkSet) -> tuple[Tensor, Tensor]:
    """What keys and what values are made of, from what is attended to (rows, tokens, width).

    Each net adds its answer to what the one before left; a width that it has no nets for stays.
    """
    for_keys = for_values = states
    for hypernetwork, strength in hypernetworks:
        if pair := hypernetwork.nets.get(states.shape[-1]):
            for_keys = for_keys + pair[0](for_keys) * strength
            for_values = for_values + pair[1](for_values) * strength
    return for_keys, for_values


def refuse_stranger(hypernetwork: Hypernetwork, text: int, others: Collection[int]) -> None:
    """Raise `InvalidRequest` for nets that are not made for a model of these widths.

    `text` is that of what cross-attention reads, and `others` are those of self-attention; what
    serves these alone fits, but not what serves another family's texts.
    """
    served = hypernetwork.nets.keys()
    strange = sorted(served & TOKEN_WIDTHS.keys() - {text, *others})
    if text in served or (served & set(others) and not strange):
        return
    fits = f" It fits {who_it_fits(strange[0])}." if strange else ""
    raise InvalidRequest(
        f"The hypernetwork `{hypernetwork.name}` was made for another kind of model: its nets "
        f"serve the widths {', '.join(map(str, sorted(served)))}, and this model's texts have "
        f"{text}.{fits}"
    )


def build_layers(width: int, structure: Structure) -> list[nn.Module]:
    """A net's layers in order; the ones without weights count too where files number them."""
    widths = [int(width * factor) for factor in structure.layers]
    last = len(widths) - 2
    layers: list[nn.Module] = []
    for stage, (width_in, width_out) in enumerate(pairwise(widths)):
        layers.append(nn.Linear(width_in, width_out))
        activates = structure.activation not in (None, "linear")
        if activates and (stage < last or structure.activates_output):
            layers.append(ACTIVATIONS[str(structure.activation)]())
        if structure.layer_norm:
            layers.append(nn.LayerNorm(width_out))
        if structure.dropout[stage + 1] > 0:
            layers.append(nn.Dropout(structure.dropout[stage + 1]))
    return layers


def automatic_dropout(
    layers: Sequence[float] | None, use_dropout: bool, last_layer_dropout: bool
) -> tuple[float, ...]:
    """The dropout of each stage where a file does not spell it out."""
    num_stages = len(layers or (1, 2, 1))
    if not use_dropout:
        return (0.0,) * num_stages
    middle = (AUTOMATIC_DROPOUT,) * (num_stages - 3)
    return (0.0, *middle, AUTOMATIC_DROPOUT if last_layer_dropout else 0.0, 0.0)


def read_hypernetwork(path: Path) -> Hypernetwork:
    """Read a hypernetwork's file, the oldest without a word about themselves included.

    Raises `AdapterUnreadable` with a sentence for anything that is none (spec: webui §6).
    """
    file = open_adapter(path, "hypernetwork", MAX_BYTES)
    values = file.tensors()
    structure = read_structure(file, values)
    pairs = {width: pair for width, pair in values.items() if type(width) is int}
    if not pairs:
        raise file.unreadable("it has no nets for any width")
    name, step, checkpoint = (values.get(key) for key in ("name", "step", "sd_checkpoint"))
    return Hypernetwork(
        name=name if isinstance(name, str) and name else file.stem,
        nets={width: read_pair(file, width, pair, structure) for width, pair in pairs.items()},
        hash=file.hash,
        structure=structure,
        step=step if isinstance(step, int) else 0,
        checkpoint=checkpoint if isinstance(checkpoint, str) else None,
    )


def read_structure(file: AdapterFile, values: Mapping[Any, Any]) -> Structure:
    """What a file says of its structure, and what it means by not saying it."""
    layers = read_factors(file, values.get("layer_structure") or (1, 2, 1), "layer_structure")
    if not 3 <= len(layers) <= MAX_STAGES or layers[0] != 1 or layers[-1] != 1:
        raise file.unreadable("its layer structure does not run from 1 to 1")
    wanted = values.get("activation_func")
    if wanted is not None and not (isinstance(wanted, str) and wanted in USABLE_ACTIVATIONS):
        raise file.unreadable(f"its activation `{wanted}` is not one that a net can use")
    dropout = values.get("dropout_structure") or automatic_dropout(
        layers, bool(values.get("use_dropout")), bool(values.get("last_layer_dropout"))
    )
    dropout = read_factors(file, dropout, "dropout_structure")
    if len(dropout) != len(layers) or max(dropout) >= 1:
        raise file.unreadable("its dropout structure does not fit its layers")
    return Structure(
        layers=layers,
        activation=wanted,
        layer_norm=bool(values.get("is_layer_norm")),
        activates_output=bool(values.get("activate_output", True)),
        dropout=dropout,
    )


def read_factors(file: AdapterFile, factors: object, name: str) -> tuple[float, ...]:
    """A list of small numbers, none of them negative."""
    if not isinstance(factors, Sequence) or not all(
        isinstance(factor, int | float) and 0 <= factor <= MAX_WIDENING for factor in factors
    ):
        raise file.unreadable(f"its {name} is no list of factors")
    return tuple(factors)


def read_pair(file: AdapterFile, width: int, pair: object, structure: Structure) -> Pair:
    """The two nets for one width."""
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise file.unreadable(f"it has not two nets for the width {width}")
    keys, values = (read_net(file, width, weights, structure) for weights in pair)
    return keys, values


def read_net(file: AdapterFile, width: int, weights: object, structure: Structure) -> Net:
    """One net from its weights, whose names and shapes must be those that the structure asks."""
    narrowest = int(width * min(structure.layers))
    if not isinstance(weights, Mapping) or narrowest < 1 or width > MAX_WIDTH:
        raise file.unreadable(f"it has no weights for the width {width}")
    renamed = {
        str(name).replace("linear1.", "linear.0.").replace("linear2.", "linear.1."): tensor
        for name, tensor in weights.items()
    }
    # Without memory, so that only weights that are really there take any.
    with torch.device("meta"):
        net = Net(width, structure)
    wanted = {name: tensor.shape for name, tensor in net.state_dict().items()}
    found = {name: getattr(tensor, "shape", None) for name, tensor in renamed.items()}
    if wanted != found:
        raise file.unreadable(f"its weights for the width {width} do not fit its layer structure")
    numbers = {name: file.numbers(tensor, name) for name, tensor in renamed.items()}
    net.load_state_dict(numbers, assign=True)
    return net.eval().requires_grad_(False)
