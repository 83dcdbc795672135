"""Checkpoints that torch pickled, read without running or believing anything in them."""

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pipeline.checkpoint import SAFETENSORS, ZIP_MAGIC
from pipeline.errors import ModelUnavailable


class Inert:
    """Stands for anything that a trainer left in its checkpoint beside the weights."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __setstate__(self, _: object) -> None:
        pass


# What trainers and libraries of those years are known to leave there: where they stopped, which
# of their settings they had. None of it is weights, and none of it is made.
INERT = (
    "pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint",
    "pytorch_lightning.callbacks.early_stopping.EarlyStopping",
    "pytorch_lightning.utilities.parsing.AttributeDict",
    "lightning.pytorch.callbacks.model_checkpoint.ModelCheckpoint",
    "numpy.core.multiarray.scalar",
    "numpy.core.multiarray._reconstruct",
    "numpy._core.multiarray.scalar",
    "numpy._core.multiarray._reconstruct",
    "numpy.dtype",
    "numpy.ndarray",
    "_codecs.encode",
    "omegaconf.dictconfig.DictConfig",
    "omegaconf.listconfig.ListConfig",
    "omegaconf.base.ContainerMetadata",
    "omegaconf.base.Metadata",
    "omegaconf.nodes.AnyNode",
    "typing.Any",
    "collections.defaultdict",
    "builtins.set",
    "__builtin__.set",
    "pathlib.PosixPath",
    "pathlib.WindowsPath",
)


def read_pickle(path: Path) -> dict[str, Tensor]:
    """The tensors of a checkpoint by their names, out of `state_dict` where they are in one.

    Raises `ModelUnavailable` where it holds a program, or is damaged.
    """
    with path.open("rb") as file:
        is_archive = file.read(len(ZIP_MAGIC)) == ZIP_MAGIC
        file.seek(0)
        # Of an archive only what is used is read: optimizers' states are larger than weights. By
        # its path torch would take a renamed one for what it is called.
        maps = is_archive and path.suffix.lower() != SAFETENSORS
        source = path if maps else file
        try:
            with torch.serialization.safe_globals([(Inert, name) for name in INERT]):
                values: Any = torch.load(source, map_location="cpu", weights_only=True, mmap=maps)
        except pickle.UnpicklingError as error:
            raise ModelUnavailable(
                f"`{path}` holds more than numbers, which could be a program; none of it was run. "
                "Find it as .safetensors."
            ) from error
        except Exception as error:
            # A damaged pickle can make the machine that reads it fail in any way there is.
            raise ModelUnavailable(f"`{path}` is damaged: download it again.") from error
    if isinstance(values, Mapping) and isinstance(values.get("state_dict"), Mapping):
        values = values["state_dict"]
    if not isinstance(values, Mapping):
        raise ModelUnavailable(f"`{path}` maps no names to numbers.")
    return {
        name: value
        for name, value in values.items()
        if isinstance(name, str) and isinstance(value, Tensor)
    }
