"""What LoRA files say about themselves: a name of their own, and the hash that webui tells.

Only the first bytes of a file are read, and once a version. Torch-free.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.adapters.safetensors_header import metadata_of

MAX_HEADER = 16 * 2**20  # bytes; some have whole lists of captions in it
SHORT_HASH = 12  # digits of which webui tells
HASH = re.compile("[0-9a-f]{12,64}")


class LoraHeader(NamedTuple):
    """Of one file; None for what it does not say."""

    alias: str | None  # what it was called when it was trained, and in webui's prompts by default
    short_hash: str | None


NOTHING = LoraHeader(None, None)


def read_header(path: Path) -> LoraHeader:
    """What a file says now; nothing, if it is none of safetensors or cannot be read."""
    try:
        status = path.stat()
        return _read(path, status.st_mtime_ns, status.st_size)
    except OSError:
        return NOTHING


def stems_by_alias(paths: Iterable[Path]) -> dict[str, str]:
    """The stem of each file that has another name of its own."""
    said = ((read_header(path).alias, path.stem) for path in paths)
    return {alias: stem for alias, stem in said if alias and alias != stem}


def stems_by_hash(paths: Iterable[Path]) -> dict[str, str]:
    """The stem of each file that says its hash."""
    said = ((read_header(path).short_hash, path.stem) for path in paths)
    return {digits: stem for digits, stem in said if digits}


def said_hash(metadata: Mapping[str, Any]) -> str | None:
    """The short hash in a file's words about itself, if that is one."""
    said = str(metadata.get("sshs_model_hash"))
    return said[:SHORT_HASH] if HASH.fullmatch(said) else None


@lru_cache(maxsize=4096)
def _read(path: Path, changed: int, size: int) -> LoraHeader:  # of this version
    if path.suffix.lower() != ".safetensors":
        return NOTHING
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = file.read(length) if length <= min(size, MAX_HEADER) else b""
    metadata = metadata_of(header)
    alias = metadata.get("ss_output_name")
    return LoraHeader(alias if isinstance(alias, str) else None, said_hash(metadata))
