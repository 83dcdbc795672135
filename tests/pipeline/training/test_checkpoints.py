"""DeepSpeed's checkpoints in a run's folder. With DeepSpeed itself: `test_sharding`."""

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import torch

from pipeline.errors import InvalidRequest
from pipeline.training.checkpoints import Checkpoints, is_whole
from pipeline.training.optimization import AdamWOptimization
from pipeline.training.train import OPTIMIZATIONS
from pipeline.training_request import TrainingRequest
from tests.pipeline.training.conftest import RequestOf, Run
from tests.pipeline.training.test_loop import state

FILES = ("mp_rank_00_model_states.pt", "bf16_zero_pp_rank_0_mp_rank_00_optim_states.pt")


@pytest.fixture
def checkpoints(tmp_path: Path) -> Checkpoints:
    """Those of three steps, with files as DeepSpeed names and writes them."""
    checkpoints = Checkpoints(tmp_path)
    for step in (2, 3, 10):
        path = checkpoints.folder / f"step-{step}"
        path.mkdir(parents=True)
        for name in FILES:
            torch.save({"weights": torch.zeros(100)}, path / name)
    (checkpoints.folder / "zero_to_fp32.py").touch()
    return checkpoints


def test_those_that_no_snapshot_names_any_more_are_removed(checkpoints: Checkpoints) -> None:
    checkpoints.keep_only([2, 10, 11])
    kept = sorted(path.name for path in checkpoints.folder.iterdir())
    assert kept == ["step-10", "step-2", "zero_to_fp32.py"]


def test_a_run_that_has_none_yet_loses_none(tmp_path: Path) -> None:
    Checkpoints(tmp_path).keep_only([])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    "damage", [Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:-9])]
)
def test_one_that_lacks_something_is_refused(
    checkpoints: Checkpoints, name: str, damage: Callable[[Path], None]
) -> None:
    path = checkpoints.folder / "step-3"
    assert is_whole(path)
    damage(path / name)
    with pytest.raises(InvalidRequest, match="step-3` is missing or damaged: go on from another"):
        checkpoints.load(None, "step-3")
    with pytest.raises(InvalidRequest, match="step-4` is missing"):
        checkpoints.load(None, "step-4")


class Killed(BaseException):
    """As a kill: nobody catches it."""


class Engine:
    """Stands in for DeepSpeed's: it counts steps, and writes two files."""

    global_steps = 0

    def save_checkpoint(self, folder: Path, tag: str, save_latest: bool) -> None:
        (folder / tag).mkdir(parents=True)
        for name in FILES:
            torch.save({"global_steps": self.global_steps}, folder / tag / name)

    def load_checkpoint(self, folder: Path, tag: str) -> None:
        self.global_steps = torch.load(folder / tag / FILES[0])["global_steps"]


class BesideSnapshots(AdamWOptimization):
    """Keeps something beside the snapshots, as DeepSpeed does, and needs no DeepSpeed."""

    def __init__(self, folder: Path, *values: Any) -> None:
        super().__init__(*values)
        self.engine, self.checkpoints = Engine(), Checkpoints(folder)

    def step(self, rate: float, clip_limit: float) -> None:
        super().step(rate, clip_limit)
        self.engine.global_steps += 1

    def state(self) -> dict[str, Any]:
        return super().state() | {"checkpoint": self.checkpoints.save(self.engine)}

    def resume(self, state: dict[str, Any]) -> None:
        super().resume(state)
        self.checkpoints.load(self.engine, state["checkpoint"])

    def keep_only(self, steps: Sequence[int]) -> None:
        self.checkpoints.keep_only(steps)


@pytest.fixture
def train_until(monkeypatch: pytest.MonkeyPatch, run: Run) -> Callable[..., bool]:
    """Train in a folder until so many files were written, moved or removed; whether it ended."""
    left = 0

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*values: Any, **named: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                raise Killed
            return real(*values, **named)

        return call

    for owner, name in ((os, "replace"), (Path, "unlink"), (shutil, "rmtree"), (torch, "save")):
        monkeypatch.setattr(owner, name, counted(getattr(owner, name)))

    def train_until(request: TrainingRequest, folder: Path, num_moves: int) -> bool:
        nonlocal left
        left = num_moves
        monkeypatch.setitem(OPTIMIZATIONS, "adamw", partial(BesideSnapshots, folder))
        try:
            list(run(request, folder))
        except Killed:
            return False
        finally:
            left = sys.maxsize
        return True

    return train_until


def snapshots(folder: Path) -> list[str]:
    """Which checkpoints the snapshots of a run name."""
    files = [*folder.glob("snapshots/*.pt"), *folder.glob("state.pt")]
    return [torch.load(path)["optimization"]["checkpoint"] for path in files]


@pytest.mark.parametrize("resume_from", [None, 0, 2])
def test_a_kill_at_any_moment_leaves_no_snapshot_without_its_checkpoint(
    request_of: RequestOf,
    tmp_path: Path,
    train_until: Callable[..., bool],
    resume_from: int | None,
) -> None:
    request = request_of(num_steps=3, snapshot_every=1, kept_snapshots=2)
    begun, whole = tmp_path / "begun", tmp_path / "whole"
    begun.mkdir()
    if resume_from is not None:
        train_until(request, begun, sys.maxsize)
        request = request.model_copy(update={"resume_from": resume_from})
    shutil.copytree(begun, whole)
    train_until(request, whole, sys.maxsize)
    for num_moves in count():
        folder = tmp_path / str(num_moves)
        shutil.copytree(begun, folder)
        has_ended = train_until(request, folder, num_moves)
        for name in snapshots(folder):
            assert is_whole(folder / "deepspeed" / name)
        train_until(request, folder, sys.maxsize)
        kept = sorted(path.name for path in (folder / "deepspeed").iterdir())
        assert kept == sorted(snapshots(folder))
        assert kept[-1] == "step-3"
        assert all(map(torch.equal, state(folder), state(whole)))
        if has_ended:
            break
    assert num_moves > 5
