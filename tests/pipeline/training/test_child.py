"""A run in a process of its own: what becomes of it when it is left, and by whom."""

import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
import torch

from pipeline.errors import GenerationFailed
from pipeline.model_config import ModelConfig
from pipeline.results import TrainingProgress
from pipeline.training.child import MODULE, Step, Task, train_in_child
from pipeline.training.child_process import alone_in
from tests.conftest import WEIGHTS
from tests.pipeline.training.conftest import RequestOf, children, full_disk

pytestmark = pytest.mark.slow


def test_a_child_waits_for_one_that_is_still_keeping_its_state_in_the_folder(
    request_of: RequestOf, tmp_path: Path
) -> None:
    other = alone_in(tmp_path / "held")
    config, device = ModelConfig(path=WEIGHTS), torch.device("cpu")
    held, free = (
        train_in_child(request_of(num_steps=1), "demo", config, device, tmp_path / name)
        for name in ("held", "free")
    )
    with ThreadPoolExecutor(1) as thread:
        first = thread.submit(next, held)
        assert isinstance(next(free), TrainingProgress)
        assert not (tmp_path / "held" / "settings.json").exists()
        os.close(other)
        assert isinstance(first.result(60), TrainingProgress)
    held.close()
    free.close()


def test_a_child_whose_driver_goes_in_the_middle_of_a_step_keeps_that_step(
    request_of: RequestOf, tmp_path: Path
) -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        child = subprocess.Popen(
            [sys.executable, "-m", MODULE, str(theirs.fileno())], pass_fds=[theirs.fileno()]
        )
    with Connection(ours.detach()) as driver:
        driver.send(Task(request_of(), "demo", ModelConfig(path=WEIGHTS), "cpu", tmp_path))
        driver.send(Step())
        assert isinstance(driver.recv(), TrainingProgress)
        driver.send(Step())
    assert child.wait(60) == 0
    assert torch.load(tmp_path / "state.pt", weights_only=True)["num_steps"] == 2


def test_a_child_that_is_left_says_where_it_could_keep_no_snapshot(
    request_of: RequestOf, tmp_path: Path
) -> None:
    config, before = ModelConfig(path=WEIGHTS), children()
    training = train_in_child(request_of(), "demo", config, torch.device("cpu"), tmp_path)
    next(training)
    [pid] = children() - before
    told = pytest.raises(GenerationFailed, match="The snapshot of step 1 could not be written")
    with told, full_disk(pid):
        training.close()
    assert children() == before
