"""How much memory models take, and how much there is for them."""

import itertools
import json
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import torch

from pipeline.model_config import ModelConfig
from pipeline.models.model import Model

SHARE_FOR_MODELS = 0.7  # of a device's memory; pictures in flight need the rest
GIGABYTE = 2**30
FOLDERS = ("unet", "vae", "text_encoder", "text_encoder_2")
SUFFIXES = (".safetensors", ".bin", ".ckpt", ".pt")

Version: TypeAlias = tuple[
    tuple[str, int, int], ...
]  # each file, when it was changed (ns), its size


def room_for_models(device: torch.device, gigabytes: float) -> float:
    """Bytes that a device has for models: as many as are asked for, or with 0 its usual share."""
    if gigabytes:
        return gigabytes * GIGABYTE
    if device.type == "cuda":
        total = torch.cuda.mem_get_info(device)[1]
    else:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return total * SHARE_FOR_MODELS


def bytes_of_model(model: Model) -> int:
    """What a loaded model's weights take."""
    modules = (model.unet, model.vae, *(tower.encoder for tower in model.towers))
    return sum(
        tensor.nbytes
        for module in modules
        for tensor in itertools.chain(module.parameters(), module.buffers())
    )


def bytes_on_disk(config: ModelConfig, dtype: torch.dtype) -> int:
    """What a checkpoint's weights will take in a dtype, from its files alone.

    Of files other than safetensors, that is what they have on disk.
    """
    try:
        return sum(_bytes_of_file(file, dtype) for file in _weight_files(config))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return 0  # to load it will say what is wrong with it


def version_on_disk(config: ModelConfig) -> Version:
    """What changes when a checkpoint's files are replaced."""
    try:
        stated = [(file, file.stat()) for file in _weight_files(config)]
    except OSError:
        return ()
    return tuple((str(file), status.st_mtime_ns, status.st_size) for file, status in stated)


def _weight_files(config: ModelConfig) -> Iterator[Path]:
    """The files that are read: of a part in several precisions, the one with the plain name."""
    if config.is_single_file:
        yield config.path
    if config.vae and config.vae.is_file():
        yield config.vae
    folders = [config.path / folder for folder in FOLDERS]
    if config.vae:
        folders[FOLDERS.index("vae")] = config.vae
    for folder in folders:
        for suffix in SUFFIXES:
            files = sorted(folder.glob(f"*{suffix}"), key=lambda file: len(file.name))
            if files:
                yield files[0]
                break


def _bytes_of_file(file: Path, dtype: torch.dtype) -> int:
    if file.suffix != ".safetensors":
        return file.stat().st_size
    with file.open("rb") as content:
        header = json.loads(content.read(int.from_bytes(content.read(8), "little")))
    shapes = (entry["shape"] for name, entry in header.items() if name != "__metadata__")
    return sum(math.prod(shape) for shape in shapes) * dtype.itemsize
