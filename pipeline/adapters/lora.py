"""LoRA: small changes of a model's matrices, each a product of two thin ones, beside the matrices.

Reads kohya's files, diffusers' and peft's, and LyCORIS' LoCon. It does not know any model:
`pipeline.adapters.lora_names` finds the module that a name means, `pipeline.models.lora_branches`
attaches what stands here.
"""

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import torch
from torch import Tensor

from pipeline.adapters.embedding import Embedding, find_vectors
from pipeline.adapters.files import MEGABYTE, AdapterFile, open_adapter
from pipeline.adapters.lora_headers import SHORT_HASH, said_hash
from pipeline.adapters.peft_settings import read_settings

SUFFIXES = frozenset({".safetensors", ".pt", ".bin", ".ckpt"})
MAX_BYTES = 2048 * MEGABYTE

# How a key goes on after the module's name, by what stands there; longer endings first.
ENDINGS = {
    "down": (
        *(".lora_linear_layer.down.weight", ".lora_A.default.weight", ".lora_down.weight"),
        *(".lora.down.weight", ".lora_A.weight", ".down.weight"),
    ),
    "up": (
        *(".lora_linear_layer.up.weight", ".lora_B.default.weight", ".lora_up.weight"),
        *(".lora.up.weight", ".lora_B.weight", ".up.weight"),
    ),
    "mid": (".lora_mid.weight",),
    "alpha": (".alpha",),
}
BUNDLED = "bundle_emb."  # before an embedding's name
OTHER_KINDS = {
    "DoRA": (".dora_scale", ".lora_magnitude_vector"),
    "LoHa": (".hada_",),
    "LoKr": (".lokr_",),
    "OFT": (".oft_",),
    "GLoRA": (".a1.", ".b1."),
    "(IA)3": (".on_input",),
    "a full difference": (".diff.", ".diff_b.", ".w_norm.", ".b_norm."),
}


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """The change of one module's weight: `up @ down`, scaled already; float32.

    Of a linear module (rank, in) and (out, rank); of a convolution with a kernel behind the first
    and 1 x 1 behind the second.
    """

    down: Tensor
    up: Tensor

    @property
    def num_bytes(self) -> int:
        return self.down.nbytes + self.up.nbytes


@dataclass(frozen=True, slots=True, eq=False)
class Lora:
    """Branches by the name that the file has for their module."""

    name: str
    branches: Mapping[str, Branch]
    hash: str  # SHA-256 of the file, hex
    short_hash: str  # 12 hex digits, as webui tells them: without what is only said about the file
    embeddings: Mapping[str, Embedding] = field(default_factory=dict)  # that came in the same file

    @property
    def num_bytes(self) -> int:
        return sum(branch.num_bytes for branch in self.branches.values())


def read_lora(path: Path) -> Lora:
    """Read a LoRA's file. Raises `AdapterUnreadable` with a sentence for anything that is none."""
    file = open_adapter(path, "LoRA", MAX_BYTES)
    values = file.tensors()
    settings = read_settings(file, path, values)
    pieces = by_module(file, values)
    if not pieces:
        raise file.unreadable("it changes nothing")
    branches = {
        name: read_branch(file, name, found, settings.scale(name, found))
        for name, found in pieces.items()
    }
    return Lora(
        name=path.stem,
        branches={name: branch for name, branch in branches.items() if branch.up.any()},
        hash=file.hash,
        short_hash=short_hash(file),
        embeddings=read_bundle(file, values),
    )


def short_hash(file: AdapterFile) -> str:
    """What the file says of itself, or of files that say nothing, their contents'."""
    return said_hash(file.metadata) or file.body_hash[:SHORT_HASH]


def by_module(file: AdapterFile, values: Mapping[Any, Any]) -> dict[str, dict[str, object]]:
    """The file's tensors by module and piece."""
    pieces: dict[str, dict[str, object]] = defaultdict(dict)
    for key, tensor in values.items():
        if str(key).startswith(BUNDLED):
            continue
        name, piece = split_key(str(key)) or refuse(file, str(key))
        pieces[name][piece] = tensor
    for name, found in pieces.items():
        if not {"down", "up"} <= found.keys():
            raise file.unreadable(f"of `{name}` it has only one of two matrices")
    return pieces


def read_bundle(file: AdapterFile, values: Mapping[Any, Any]) -> dict[str, Embedding]:
    """The embeddings that were packed into the file, to be called by their names beside it."""
    bundled: dict[str, dict[str, object]] = defaultdict(dict)
    for key, tensor in values.items():
        if str(key).startswith(BUNDLED):
            name, _, part = str(key).removeprefix(BUNDLED).partition(".")
            bundled[name][part.removeprefix("string_to_param.")] = tensor
    found = {name: find_vectors(file, parts) for name, parts in bundled.items()}
    return {
        name: Embedding(name, vectors, file.hash, clip_l_width)
        for name, (vectors, clip_l_width) in found.items()
    }


def split_key(key: str) -> tuple[str, str] | None:
    """A module's name, and which piece of its branch stands under the key; None: none that is."""
    for piece, endings in ENDINGS.items():
        for ending in endings:
            if key.endswith(ending):
                return key.removesuffix(ending), piece
    return None


def refuse(file: AdapterFile, key: str) -> NoReturn:
    """Say what a file is, by a key that no LoRA has."""
    if kind := marked_kind(key):
        raise file.unreadable(f"it is {kind}, and only LoRA and LoCon are built in")
    raise file.unreadable(f"it holds `{key[:80]}`, which belongs to no LoRA")


def marked_kind(key: str) -> str | None:
    """What else than a LoRA has such a key; None: nothing that is known."""
    found = (kind for kind, marks in OTHER_KINDS.items() if any(it in f"{key}." for it in marks))
    return next(found, None)


def read_branch(
    file: AdapterFile, name: str, pieces: Mapping[str, object], scale: float | None
) -> Branch:
    """One module's branch, scaled by its alpha or as its file's settings say."""
    down, up = (file.numbers(pieces[side], f"{name} ({side})") for side in ("down", "up"))
    rank = len(down)
    if "mid" in pieces:
        down = join(file, name, file.numbers(pieces["mid"], f"{name} (mid)"), down)
    fits = down.dim() in (2, 4) and up.dim() == down.dim() and up.shape[1:2] == (len(down),)
    if not (fits and rank > 0 and up.shape[2:].numel() == 1):
        raise file.unreadable(f"the two matrices of `{name}` do not belong together")
    if "alpha" in pieces:
        scale = read_alpha(file, name, pieces["alpha"]) / rank
    return balance(down, up, 1.0 if scale is None else scale)


def read_alpha(file: AdapterFile, name: str, alpha: object) -> float:
    """What the product is multiplied by, for each of its ranks."""
    number = float(alpha) if isinstance(alpha, Tensor) and alpha.numel() == 1 else math.nan
    if not math.isfinite(number):
        raise file.unreadable(f"the alpha of `{name}` is no number")
    return number


def join(file: AdapterFile, name: str, mid: Tensor, down: Tensor) -> Tensor:
    """One convolution in place of a 1 x 1 one and the one after it (LoCon's Tucker form)."""
    if mid.dim() != 4 or down.dim() != 4 or mid.shape[1] != len(down) or down[0, 0].numel() != 1:
        raise file.unreadable(f"the three matrices of `{name}` do not belong together")
    return torch.einsum("rmkl,mi->rikl", mid, down[:, :, 0, 0])


def balance(down: Tensor, up: Tensor, scale: float) -> Branch:
    """Share the scale out so that both matrices' largest numbers are alike.

    Some files have numbers in one of them that half precision would round to nothing.
    """
    largest_down, largest_up = float(down.abs().max()), float(up.abs().max())
    if scale * largest_down * largest_up == 0:
        return Branch(down, torch.zeros_like(up))
    share = math.sqrt(abs(scale) * largest_up / largest_down)
    return Branch(down * share, up * (scale / share))
