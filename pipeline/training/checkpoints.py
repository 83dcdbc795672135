"""DeepSpeed's own checkpoints: each is there for as long as the snapshot that names it.

It is written before any snapshot names it, and removed when none does any more, so that a kill
leaves one too many and never one too few.
"""

import pickle
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import is_zipfile

import torch

from pipeline.errors import GenerationFailed, InvalidRequest
from pipeline.training.disk import writing

FOLDER = "deepspeed"  # in a run's folder


class Checkpoints:
    """Those of one run."""

    def __init__(self, folder: Path) -> None:
        """`folder`: the run's."""
        self.folder = folder / FOLDER

    def save(self, engine: Any) -> str:
        """Write a new one; returns its name. Raises `GenerationFailed` where that cannot be."""
        num_steps = engine.global_steps
        name = name_at(num_steps)
        try:
            with writing(f"The snapshot of step {num_steps:,}"):
                engine.save_checkpoint(self.folder, tag=name, save_latest=False)
        except GenerationFailed:
            # Half of it fills the disk no less.
            shutil.rmtree(self.folder / name, ignore_errors=True)
            raise
        return name

    def load(self, engine: Any, name: str) -> None:
        """Raises `InvalidRequest` where it is not there, or not whole."""
        path = self.folder / name
        try:
            # Where a file lacks, DeepSpeed would go on with what there is, or with nothing.
            if not is_whole(path):
                raise FileNotFoundError(path)
            engine.load_checkpoint(self.folder, tag=name)
        except torch.OutOfMemoryError:
            raise
        except (OSError, RuntimeError, LookupError, EOFError, pickle.UnpicklingError) as error:
            raise InvalidRequest(
                f"DeepSpeed's checkpoint `{path}` is missing or damaged: go on from another "
                "snapshot, or from step 0."
            ) from error

    def keep_only(self, steps: Sequence[int]) -> None:
        """Remove those of other steps than these."""
        wanted = set(map(name_at, steps))
        for path in self.folder.glob(name_at("*")):
            if path.name not in wanted:
                shutil.rmtree(path)


def name_at(num_steps: int | str) -> str:
    """What the checkpoint of a step is called."""
    return f"step-{num_steps}"


def is_whole(path: Path) -> bool:
    """Whether a checkpoint has its two files, both to their ends."""
    return all(
        any(map(is_zipfile, path.glob(f"*_{part}_states.pt"))) for part in ("model", "optim")
    )
