"""Adapter files as anybody may have made them: read without running or believing anything in them.

A pickle is only ever read by `torch.load(weights_only=True)`, and sizes that a file claims are
checked before memory is taken for them. It does not know what the values mean.
"""

import hashlib
import pickle
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from pipeline.adapters.safetensors_header import metadata_of
from pipeline.checkpoint import LEGACY_MAGIC, ZIP_MAGIC
from pipeline.errors import AdapterUnreadable

MEGABYTE = 2**20


@dataclass(frozen=True, slots=True)
class AdapterFile:
    """One file's bytes, and what people call it."""

    kind: str  # "embedding", "hypernetwork", "LoRA", "aesthetic embedding"
    stem: str
    content: bytes

    @property
    def hash(self) -> str:
        """SHA-256 of the file, 64 hex digits."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def body_hash(self) -> str:
        """The same without a safetensors file's header, which people edit."""
        body = memoryview(self.content)[8 + self._header_bytes :] if self._header_bytes else b""
        return hashlib.sha256(body or self.content).hexdigest()

    @property
    def metadata(self) -> Mapping[str, str]:
        """What a safetensors file says about itself; empty where that is nothing."""
        return metadata_of(self.content[8 : 8 + self._header_bytes])

    @property
    def _header_bytes(self) -> int:
        """How long a safetensors file's header is; 0 of another file."""
        if self.content.startswith((ZIP_MAGIC, LEGACY_MAGIC)):
            return 0
        length = int.from_bytes(self.content[:8], "little")
        return length if length <= len(self.content) - 8 else 0

    def unreadable(self, reason: str) -> AdapterUnreadable:
        """The sentence that says why this file is of no use."""
        return AdapterUnreadable(f"The {self.kind} `{self.stem}` cannot be used: {reason}.")

    def tensors(self, inert: Mapping[str, type] | None = None) -> Mapping[Any, Any]:
        """What the file maps names to, be it safetensors or a pickle of torch's.

        `inert` names classes of old layouts that are not read as themselves but as a class of
        ours that does nothing. Raises `AdapterUnreadable`.
        """
        values = self.value(inert)
        if not isinstance(values, Mapping) or not values:
            raise self.unreadable("it maps no names to numbers")
        return values

    def value(self, inert: Mapping[str, type] | None = None) -> object:
        """What the file holds, be it a mapping or, in a pickle of torch's, a tensor alone.

        Raises `AdapterUnreadable`.
        """
        if self.content.startswith((ZIP_MAGIC, LEGACY_MAGIC)):
            return self._unpickle(inert or {})
        return self._read_safetensors()

    def _read_safetensors(self) -> Mapping[str, Tensor]:
        try:
            return safetensors.torch.load(self.content)
        except (SafetensorError, ValueError, KeyError, OverflowError) as error:
            raise self.unreadable("it is truncated, damaged or no file of tensors") from error

    def _unpickle(self, inert: Mapping[str, type]) -> object:
        file = BytesIO(self.content)
        if self.content.startswith(ZIP_MAGIC):
            self._refuse_bombs(file)
        try:
            with torch.serialization.safe_globals([(kind, name) for name, kind in inert.items()]):
                return torch.load(file, map_location="cpu", weights_only=True)
        except pickle.UnpicklingError as error:
            raise self.unreadable(
                "it holds more than numbers, which could be a program; none of it was run. Save "
                "its numbers alone, as .safetensors"
            ) from error
        except Exception as error:
            # A damaged pickle can make the machine that reads it fail in any way there is.
            raise self.unreadable("it is truncated or damaged") from error

    def _refuse_bombs(self, file: BytesIO) -> None:
        """Raise `AdapterUnreadable` for an archive that would unpack to more than it is."""
        try:
            records = zipfile.ZipFile(file).infolist()
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
            raise self.unreadable("it is truncated or damaged") from error
        if any(record.compress_type != zipfile.ZIP_STORED for record in records) or (
            sum(record.file_size for record in records) > len(self.content)
        ):
            raise self.unreadable("its archive is compressed, as torch never writes one")
        file.seek(0)

    def numbers(self, tensor: object, name: str) -> Tensor:
        """A tensor of the file as float32 of its own; one that is none or not finite is refused."""
        if not (
            isinstance(tensor, Tensor)
            and tensor.layout is torch.strided
            and tensor.device.type == "cpu"
            and tensor.is_floating_point()
        ):
            raise self.unreadable(f"`{name}` is no tensor of plain numbers")
        # A small storage can pose as a tensor of any size by repeating itself.
        if tensor.nbytes > tensor.untyped_storage().nbytes():
            raise self.unreadable(f"`{name}` claims to be larger than what is there of it")
        numbers = tensor.detach().to(torch.float32, copy=True)
        if not torch.isfinite(numbers).all():
            raise self.unreadable(f"`{name}` holds NaN or infinity")
        return numbers


def open_adapter(path: Path, kind: str, max_bytes: int) -> AdapterFile:
    """Take a file's bytes in. Raises `AdapterUnreadable` where it is empty, too large or gone."""
    file = AdapterFile(kind, path.stem, b"")
    try:
        size = path.stat().st_size
        if size == 0:
            raise file.unreadable("its file is empty")
        if size > max_bytes:
            raise file.unreadable(
                f"its file has {size // MEGABYTE:,} MB, and at most {max_bytes // MEGABYTE:,} are "
                "read"
            )
        return AdapterFile(kind, path.stem, path.read_bytes())
    except OSError as error:
        raise file.unreadable(f"its file cannot be opened ({error.strerror})") from error
