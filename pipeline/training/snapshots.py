"""Snapshots of a run: everything that is needed to go on as if it had not been stopped."""

import os
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pipeline.errors import InvalidRequest

FILE = "state.pt"


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """A run between two steps."""

    fingerprint: str  # of its request
    num_steps: int  # done
    weights: Mapping[str, Tensor]
    optimization: Mapping[str, Any]


class Snapshots:
    """The latest snapshot of the run that a folder belongs to."""

    def __init__(self, folder: Path, fingerprint: str) -> None:
        self.path = folder / FILE
        self.fingerprint = fingerprint

    def latest(self) -> Snapshot | None:
        """Where the run stopped; None where it has not begun.

        Raises `InvalidRequest` where the folder is another run's.
        """
        if not self.path.exists():
            return None
        try:
            snapshot = Snapshot(**torch.load(self.path, map_location="cpu", weights_only=True))
        except (OSError, RuntimeError, TypeError, EOFError, pickle.UnpicklingError) as error:
            raise InvalidRequest(
                f"The snapshot `{self.path}` is damaged: delete it to begin anew."
            ) from error
        if snapshot.fingerprint != self.fingerprint:
            raise InvalidRequest(
                f"In `{self.path.parent}` there is a run with other pictures or settings, "
                f"{snapshot.num_steps:,} steps long: name another folder, or delete that one."
            )
        return snapshot

    def save(
        self, num_steps: int, weights: Mapping[str, Tensor], optimization: Mapping[str, Any]
    ) -> None:
        """Put a newer one in its place; a kill in the middle leaves the one before."""
        part = self.path.with_suffix(".part")
        state = {"fingerprint": self.fingerprint, "num_steps": num_steps}
        torch.save(state | {"weights": dict(weights), "optimization": dict(optimization)}, part)
        os.replace(part, self.path)
