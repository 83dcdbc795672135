"""Aesthetic embeddings: what a set of pictures has in common, as one vector of CLIP's.

It does not know how a text tower is tuned towards it; see `pipeline.prompts.aesthetic`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor

from pipeline.adapters.files import MEGABYTE, open_adapter

KIND = "aesthetic embedding"
SUFFIXES = frozenset({".pt", ".safetensors"})
MAX_BYTES = MEGABYTE
MAX_WIDTH = 8192
TENSOR_NAME = "image_embedding"  # in safetensors, whose tensors all have names


@dataclass(frozen=True, slots=True, eq=False)
class AestheticEmbedding:
    """The mean of pictures' CLIP features, as it stands in its file."""

    name: str
    vector: Tensor  # (1, width) float32, not normalised
    hash: str  # SHA-256 of the file, hex

    @property
    def width(self) -> int:
        return self.vector.shape[1]


def read_aesthetic(path: Path) -> AestheticEmbedding:
    """Read webui's bare tensor, or a single one in safetensors (spec: webui §7).

    Raises `AdapterUnreadable` with a sentence for anything that is no such vector.
    """
    file = open_adapter(path, KIND, MAX_BYTES)
    value = file.value()
    if isinstance(value, Mapping):
        if len(value) != 1:
            raise file.unreadable("it must hold one vector, and one only")
        [value] = value.values()
    vector = file.numbers(value, TENSOR_NAME)
    vector = vector.unsqueeze(0) if vector.dim() == 1 else vector
    if vector.dim() != 2 or len(vector) != 1 or not 1 <= vector.shape[1] <= MAX_WIDTH:
        raise file.unreadable("it is no single vector")
    if not vector.any():
        raise file.unreadable("its vector is nothing but zeros, which points nowhere")
    return AestheticEmbedding(file.stem, vector, file.hash)


def aesthetic_bytes(vector: Tensor, suffix: str) -> bytes:
    """A vector (1, width) as a file: webui's bare tensor for `.pt`, else safetensors."""
    vector = vector.detach().float().cpu().contiguous().clone()
    if suffix == ".pt":
        file = BytesIO()
        torch.save(vector, file)
        return file.getvalue()
    return safetensors.torch.save({TENSOR_NAME: vector})
