"""Embeddings: token vectors that somebody learned, in every layout they are passed around in.

It does not know prompts or text encoders; `pipeline.prompts` puts the vectors where they belong.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pipeline.adapters.card import TENSOR, read_card
from pipeline.adapters.files import MEGABYTE, AdapterFile, open_adapter

CARD_SUFFIXES = frozenset({".png", ".webp", ".avif"})
SUFFIXES = CARD_SUFFIXES | {".pt", ".bin", ".safetensors"}
MAX_BYTES = 64 * MEGABYTE
MAX_VECTORS = 75  # a chunk of a prompt has no room for more


@dataclass(frozen=True, slots=True, eq=False)
class Embedding:
    """Vectors that stand for a name in a prompt."""

    name: str
    vectors: Tensor  # (n, width) float32; of SDXL, clip_l's and clip_g's side by side
    hash: str  # SHA-256 of the file, hex
    clip_l_width: int | None = None  # of SDXL: where clip_g's part begins
    step: int | None = None  # of its training
    checkpoint: str | None = None  # short hash of what it was trained on
    checkpoint_name: str | None = None

    @property
    def width(self) -> int:
        return self.vectors.shape[1]

    @property
    def num_bytes(self) -> int:
        return self.vectors.nbytes

    @property
    def checksum(self) -> str:
        """Four hex digits, as webui shows them and finds an optimizer's state by."""
        result = 0
        for value in (self.vectors * 100).flatten().tolist():
            result = (result * 281 ^ int(value) * 997) & 0xFFFFFFFF
        return f"{result & 0xFFFF:04x}"


class _OldParameters:
    """Stands for torch's `ParameterDict`, in which the first trainers kept their vectors."""

    _parameters: Mapping[Any, Any]


OLD_CLASSES = {"torch.nn.modules.container.ParameterDict": _OldParameters}


def read_embedding(path: Path) -> Embedding:
    """Read an embedding's file: webui's, its first author's, diffusers', kohya's, SDXL's, a card.

    The name is the file's stem, but a card's is the one that stands inside it. Raises
    `AdapterUnreadable` with a sentence for anything that is no embedding (spec: webui §5.1, 5.2).
    """
    file = open_adapter(path, "embedding", MAX_BYTES)
    name = file.stem
    if path.suffix.lower() in CARD_SUFFIXES:
        values: Mapping[Any, Any] = with_tensors(file, read_card(file))
        stored = values.get("name")
        name = stored if isinstance(stored, str) and stored.strip() else name
    else:
        values = file.tensors(OLD_CLASSES)
    vectors, clip_l_width = find_vectors(file, values)
    step = values.get("step")
    checkpoint, checkpoint_name = (
        found if isinstance(found := values.get(key), str) else None
        for key in ("sd_checkpoint", "sd_checkpoint_name")
    )
    return Embedding(
        name=name,
        vectors=vectors,
        hash=file.hash,
        clip_l_width=clip_l_width,
        step=step if isinstance(step, int) else None,
        checkpoint=checkpoint,
        checkpoint_name=checkpoint_name,
    )


def find_vectors(file: AdapterFile, values: Mapping[Any, Any]) -> tuple[Tensor, int | None]:
    """The vectors (n, width), and of SDXL how wide clip_l's part of them is."""
    if "clip_l" in values and "clip_g" in values:
        parts = [as_rows(file, values[part], part) for part in ("clip_l", "clip_g")]
        if len(parts[0]) != len(parts[1]):
            raise file.unreadable("it has not as many vectors for clip_l as for clip_g")
        return torch.cat(parts, dim=1), parts[0].shape[1]
    if "string_to_param" in values:
        values = values["string_to_param"]
        if isinstance(values, _OldParameters):
            values = getattr(values, "_parameters", {})
    if not isinstance(values, Mapping) or len(values) != 1:
        raise file.unreadable("it must hold the vectors of one token, and of one only")
    [(token, vectors)] = values.items()
    return as_rows(file, vectors, str(token)), None


def as_rows(file: AdapterFile, vectors: object, name: str) -> Tensor:
    """Vectors as (n, width); a single one may lack the first dimension."""
    rows = file.numbers(vectors, name)
    rows = rows.unsqueeze(0) if rows.dim() == 1 else rows
    if rows.dim() != 2 or 0 in rows.shape:
        raise file.unreadable(f"`{name}` is no list of vectors")
    if len(rows) > MAX_VECTORS:
        raise file.unreadable(f"it has {len(rows):,} vectors, and a prompt holds {MAX_VECTORS}")
    return rows


def with_tensors(file: AdapterFile, values: dict[str, Any]) -> dict[str, Any]:
    """A card's mapping with tensors instead of their nested lists."""
    try:
        parameters = {
            token: torch.tensor(entry[TENSOR], dtype=torch.float32)
            for token, entry in values["string_to_param"].items()
        }
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError, RuntimeError) as error:
        raise file.unreadable("what its picture carries is no embedding") from error
    return values | {"string_to_param": parameters}
