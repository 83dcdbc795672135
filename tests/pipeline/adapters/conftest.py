"""Adapter files in a folder, good ones and hostile ones."""

import json
import os
import pickle
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch

WriteFile = Callable[[str, Any], Path]

_CLAIM = json.dumps(
    {"emb_params": {"dtype": "F32", "shape": [2**30], "data_offsets": [0, 2**32]}}
).encode()
FOUR_GIGABYTES_CLAIMED = struct.pack("<Q", len(_CLAIM)) + _CLAIM + b"1234"
"""A safetensors file whose header promises more than there is."""


class RunsCode:
    """What a pickle holds that makes a folder when it is unpickled as its writer wishes."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self.trace),)


@pytest.fixture
def write(tmp_path: Path) -> WriteFile:
    """Save what torch can save under a name."""

    def write(name: str, values: Any) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(values, path)
        return path

    return write


@pytest.fixture(params=["zip", "legacy", "bare pickle"])
def hostile(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Path]:
    """A file that runs code where it is unpickled, and the trace that it leaves if it did."""
    path, trace = tmp_path / "hostile.pt", tmp_path / "it-ran"
    code = RunsCode(trace)
    values = {"string_to_param": {"*": code}, 768: code}
    if request.param == "bare pickle":
        path.write_bytes(pickle.dumps(values))
    else:
        torch.save(values, path, _use_new_zipfile_serialization=request.param == "zip")
    return path, trace


def run_as_its_writer_wishes(path: Path) -> None:
    """Show that a hostile file would run where it is read as no program of ours reads it."""
    with suppress(pickle.UnpicklingError, RuntimeError):  # said after a bare pickle has run
        torch.load(path, weights_only=False)
