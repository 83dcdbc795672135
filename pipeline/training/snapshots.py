"""Snapshots of a run: everything that is needed to go on as if it had not been stopped.

The newest is `state.pt`; earlier ones that are kept stand in a folder beside it under their steps,
and go together with the artifacts that were saved then.
"""

import os
import pickle
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pipeline.errors import GenerationFailed, InvalidRequest
from pipeline.training.disk import writing
from pipeline.training_request import TrainingRequest

NEWEST = "state.pt"
EARLIER = "snapshots"  # the folder


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """A run between two steps."""

    fingerprint: str  # of its request
    num_steps: int  # done
    weights: Mapping[str, Tensor]
    optimization: Mapping[str, Any]
    course: str = ""  # see `course_of`


class Snapshots:
    """The snapshots of the run that a folder belongs to."""

    def __init__(self, folder: Path, request: TrainingRequest) -> None:
        self.folder = folder
        self.path = folder / NEWEST
        self.request = request
        self.fingerprint = request.fingerprint
        self.newest: int | None = None  # its step, once it was read or written

    def start(self) -> Snapshot | None:
        """Where the run goes on; None where it begins. Nothing is lost for that yet: see `go_back`.

        Raises `InvalidRequest` where the folder is another run's, or where the snapshot that the
        request wants to go on from is not kept.
        """
        latest = self.latest()
        wanted = self.request.resume_from
        # A run that went back before and was stopped on its new way does not go back again.
        if wanted is None or (latest and latest.course == course_of(self.request)):
            return latest
        if wanted == 0:
            return None
        if wanted not in self.steps():
            raise InvalidRequest(self.lacking(wanted))
        return self.at(wanted)

    def latest(self) -> Snapshot | None:
        """Where the run stopped. Raises `InvalidRequest` where the folder is another run's."""
        if not self.path.exists():
            earlier = self.earlier()
            if not earlier:
                return None
            # Killed between making room for a newer one and putting it there.
            os.replace(self.earlier_path(earlier[-1]), self.path)
        snapshot = self.read(self.path)
        self.newest = snapshot.num_steps
        return snapshot

    def go_back(self, num_steps: int) -> None:
        """Make a kept snapshot the newest, and forget what came after it; 0 is the start."""
        if num_steps == (self.newest or 0):
            return
        self.forget_after(num_steps)
        if num_steps:
            os.replace(self.earlier_path(num_steps), self.path)
        else:
            self.path.unlink()
        self.newest = num_steps or None

    def lacking(self, num_steps: int) -> str:
        kept = [f"{step:,}" for step in self.steps()]
        others = f"kept are those of step {', '.join(kept)}" if kept else "there are none yet"
        return f"The snapshot of step {num_steps:,} is not kept: {others}."

    def read(self, path: Path) -> Snapshot:
        """One snapshot. Raises `InvalidRequest` where it is damaged or another run's."""
        try:
            snapshot = Snapshot(**torch.load(path, map_location="cpu", weights_only=True))
        except (OSError, RuntimeError, TypeError, EOFError, pickle.UnpicklingError) as error:
            raise InvalidRequest(
                f"The snapshot `{path}` is damaged: delete it to begin anew."
            ) from error
        if snapshot.fingerprint != self.fingerprint:
            raise InvalidRequest(
                f"In `{path.parent}` there is a run with other pictures or settings, "
                f"{snapshot.num_steps:,} steps long: name another folder, or delete that one."
            )
        return snapshot

    def at(self, num_steps: int) -> Snapshot:
        """The kept snapshot of a step."""
        return self.read(self.path if num_steps == self.newest else self.earlier_path(num_steps))

    def save(
        self, num_steps: int, weights: Mapping[str, Tensor], optimization: Mapping[str, Any]
    ) -> None:
        """Keep a newer one; a kill in the middle leaves those before.

        It replaces one that nothing was saved with: where a run was only stopped for a while.
        Raises `GenerationFailed` where it cannot be written.
        """
        part = self.path.with_suffix(".part")
        state: dict[str, Any] = {"fingerprint": self.fingerprint, "num_steps": num_steps}
        state |= {"course": course_of(self.request)}
        state |= {"weights": dict(weights), "optimization": dict(optimization)}
        try:
            with writing(f"The snapshot of step {num_steps:,}"):
                torch.save(state, part)
        except GenerationFailed:
            part.unlink(missing_ok=True)  # half of it fills the disk no less
            raise
        if self.newest is not None and self.artifacts_of(self.newest):
            (self.folder / EARLIER).mkdir(exist_ok=True)
            os.replace(self.path, self.earlier_path(self.newest))
        os.replace(part, self.path)
        self.newest = num_steps

    def prune(self, best: int | None) -> None:
        """Keep as many of the latest as the request wants, and the best; forget the rest."""
        steps = self.steps()
        for step in steps[: -self.request.kept_snapshots]:
            if step != best:
                self.forget(step)

    def forget_after(self, num_steps: int) -> None:
        """Remove every earlier snapshot and artifact past a step, the last of them first."""
        for step in reversed(self.steps()):
            if step > num_steps:
                self.forget(step)

    def forget(self, num_steps: int) -> None:
        """Remove what was kept of a step, but never the newest state."""
        self.earlier_path(num_steps).unlink(missing_ok=True)
        for path in self.artifacts_of(num_steps):
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def artifacts_of(self, num_steps: int) -> list[Path]:
        """What was saved of a step beside its snapshot."""
        stem = stem_at(self.request.name, num_steps)
        names = stem, f"{stem}.", f"{stem}-lora."
        return [
            path
            for path in self.folder.iterdir()
            if path.name == stem or path.name.startswith(names[1:])
        ]

    def steps(self) -> list[int]:
        """Of which steps there are snapshots, the newest last."""
        return [*self.earlier(), *([] if self.newest is None else [self.newest])]

    def earlier(self) -> list[int]:
        return sorted(int(path.stem) for path in (self.folder / EARLIER).glob("*.pt"))

    def earlier_path(self, num_steps: int) -> Path:
        return self.folder / EARLIER / f"{num_steps}.pt"


def stem_at(name: str, num_steps: int) -> str:
    """What an artifact that was saved on the way is called."""
    return f"{name}-{num_steps}"


def course_of(request: TrainingRequest) -> str:
    """The way that a run took from an earlier snapshot; empty for one that never went back."""
    if request.resume_from is None:
        return ""
    return f"{request.resume_from} {request.learning_rate} {request.clip_limit}"
