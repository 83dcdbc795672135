"""What a checkpoint file says of itself before it is loaded: names of tensors, family, hashes.

Nothing is unpickled here and no torch is needed: a header is read, or a pickle's words.
"""

import hashlib
import json
import math
import pickletools
import struct
import zipfile
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, Literal, TypeAlias

from pipeline.errors import ModelUnavailable

Family: TypeAlias = Literal["sd1", "sd2", "sdxl"]
"""Stable Diffusion 1.x, 2.x, XL base: what decides how texts are read and what parts there are."""

CONFIGS = Path(__file__).parent / "models" / "configs"
"""For each family the settings of its parts, as a folder in diffusers' layout without weights."""

SAFETENSORS = ".safetensors"
PICKLES = frozenset({".ckpt", ".pt", ".pth", ".bin"})
ZIP_MAGIC = b"PK\x03\x04"
LEGACY_MAGIC = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."  # of torch before 1.6
MAX_HEADER = 100 * 2**20  # bytes, as the format's own readers have it
MAX_PICKLE = 256 * 2**20

UNET, VAE = "model.diffusion_model.", "first_stage_model."
CLIP = "cond_stage_model.transformer."
OPEN_CLIP = "cond_stage_model.model."
CLIP_L, CLIP_G = "conditioner.embedders.0.transformer.", "conditioner.embedders.1.model."

FAMILIES: tuple[tuple[Family, str], ...] = (("sdxl", CLIP_G), ("sd2", OPEN_CLIP), ("sd1", CLIP))

# What else people have in such files, by a name that only it has.
STRANGERS = {
    "conditioner.embedders.0.model.": "the refiner of Stable Diffusion XL",
    "edm_vpred.sigma_max": "a checkpoint with other noise levels (EDM)",
    "edm_mean": "a checkpoint with other noise levels (EDM)",
    "model.diffusion_model.joint_blocks.": "Stable Diffusion 3",
    "joint_blocks.": "Stable Diffusion 3",
    "model.diffusion_model.double_blocks.": "Flux",
    "double_blocks.": "Flux",
    "control_model.": "a ControlNet",
    "lora_unet_": "a LoRA",
    "lora_te": "a LoRA",
    "unet.": "a LoRA",
    "encoder.": "a VAE",
    "string_to_param": "an embedding",
}


@dataclass(frozen=True, slots=True)
class Hashes:
    """A file's name among those who share it, in the three ways that infotexts have used."""

    long: str  # SHA-256, 64 hex digits
    old: str  # 8 hex digits, of the 64 KiB that begin a MiB into the file

    @property
    def short(self) -> str:
        return self.long[:10]


def hashes_of(path: Path) -> Hashes:
    """The hashes of a file as it is now; a large one takes seconds, the first time."""
    status = path.stat()
    return _hashes_of(path, (status.st_ino, status.st_size, status.st_mtime_ns))


@lru_cache(maxsize=64)
def _hashes_of(path: Path, _: tuple[int, ...]) -> Hashes:
    with path.open("rb") as file:
        return Hashes(hashlib.file_digest(file, "sha256").hexdigest(), old_hash(path))


def old_hash(path: Path) -> str:
    """The hash of webui's first months, which tells few checkpoints apart but takes no time."""
    with path.open("rb") as file:
        file.seek(2**20)
        return hashlib.sha256(file.read(2**16)).hexdigest()[:8]


def names_in(path: Path) -> frozenset[str]:
    """The names of a single file's tensors; of a pickle every word in it.

    Raises `ModelUnavailable` where the file is cut off, empty, or of another format.
    """
    try:
        size = path.stat().st_size
        if size == 0:
            raise ModelUnavailable(f"`{path}` is empty: download it again.")
        pickled = is_pickle(path)
        with path.open("rb") as file:
            return _words_of_pickle(path, file) if pickled else _names_in_header(path, file, size)
    except OSError as error:
        raise ModelUnavailable(f"`{path}` cannot be read: {error.strerror}.") from error


def is_pickle(path: Path) -> bool:
    """Whether torch pickled a file, whatever its name says: people rename them."""
    with path.open("rb") as file:
        return file.read(len(LEGACY_MAGIC)).startswith((ZIP_MAGIC, LEGACY_MAGIC))


def num_weights(path: Path, prefixes: tuple[str, ...] = ("",)) -> int | None:
    """How many numbers the tensors have whose names begin so; None: torch pickled them.

    Raises `ModelUnavailable` as above, `OSError` where there is no such file.
    """
    if is_pickle(path):
        return None
    with path.open("rb") as file:
        header = _header(path, file, path.stat().st_size)
    found = (entry["shape"] for name, entry in header.items() if name.startswith(prefixes))
    return sum(map(math.prod, found))


def _names_in_header(path: Path, file: IO[bytes], size: int) -> frozenset[str]:
    return frozenset(_header(path, file, size))


def _header(path: Path, file: IO[bytes], size: int) -> dict[str, Any]:
    """What a safetensors file says of each tensor. Raises `ModelUnavailable`."""
    try:
        (length,) = struct.unpack("<Q", file.read(8))
        if length > MAX_HEADER:
            raise ValueError
        header: dict[str, Any] = json.loads(file.read(length)) if 8 + length <= size else {}
        header.pop("__metadata__", None)
        whole = 8 + length + max((entry["data_offsets"][1] for entry in header.values()), default=0)
    except (struct.error, ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise ModelUnavailable(
            f"`{path}` is no safetensors file and no checkpoint of torch's: download it again."
        ) from error
    if size < whole:
        raise ModelUnavailable(
            f"`{path}` is only half there ({size:,} bytes of at least {whole:,}): "
            "download it again."
        )
    return header


def _words_of_pickle(path: Path, file: IO[bytes]) -> frozenset[str]:
    """Every string in a checkpoint that torch pickled; what the pickle would do is not done."""
    try:
        if file.read(len(ZIP_MAGIC)) == ZIP_MAGIC:
            with zipfile.ZipFile(file) as archive:
                [record] = [
                    each for each in archive.infolist() if each.filename.endswith("data.pkl")
                ]
                if record.file_size > MAX_PICKLE:
                    raise ValueError
                return _strings(archive.read(record))
        file.seek(0)
        # Before its zip archives, torch wrote four pickles, and then the numbers.
        return frozenset().union(*(_strings(file) for _ in range(4)))
    except (zipfile.BadZipFile, ValueError, IndexError, NotImplementedError) as error:
        raise ModelUnavailable(
            f"`{path}` is only half there, damaged, or no checkpoint: download it again."
        ) from error


def _strings(pickle: bytes | IO[bytes]) -> frozenset[str]:
    return frozenset(word for _, word, _ in pickletools.genops(pickle) if isinstance(word, str))


def family_of(path: Path, names: Collection[str]) -> Family:
    """Which family the tensors of a single file belong to, by their names alone.

    Raises `ModelUnavailable` that says what the file is instead.
    """
    stranger = next((kind for sign, kind in STRANGERS.items() if has_part(names, sign)), None)
    has_unet = has_part(names, UNET)
    for family, text_encoder in FAMILIES:
        if has_unet and not stranger and has_part(names, text_encoder):
            return family
    kind = stranger or ("a UNet without its text encoder" if has_unet else "nothing known here")
    raise ModelUnavailable(
        f"`{path}` is {kind}; a checkpoint of Stable Diffusion 1, 2 or XL base is needed."
    )


def has_part(names: Collection[str], prefix: str) -> bool:
    """Whether tensors of this part are among them."""
    return any(name.startswith(prefix) for name in names)
