"""A run in a process of its own, stepped by message, for what must not share a process.

To whoever drives it, it is a run like any other. When the driver goes, the child keeps its state
and goes too.
"""

import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeAlias

import torch

from pipeline.errors import GenerationFailed, PipelineError
from pipeline.model_config import ModelConfig
from pipeline.results import Order, RoomMade
from pipeline.training.loop import Training
from pipeline.training_request import TrainingRequest

MODULE = "pipeline.training.child_process"
PATIENCE = 900.0  # seconds to write a snapshot in, as long as a model's load may usually take


@dataclass(frozen=True, slots=True)
class Task:
    """What the child is to run."""

    request: TrainingRequest
    name: str
    config: ModelConfig
    device: str
    folder: Path


Plain: TypeAlias = tuple[bytes, ...] | Order | RoomMade | None


@dataclass(frozen=True, slots=True)
class Step:
    """Go on to the next event, with the answer to the last one, if there is any."""

    answer: Plain = None


@dataclass(frozen=True, slots=True)
class Done:
    """There are no more events."""


def train_in_child(
    request: TrainingRequest, name: str, config: ModelConfig, device: torch.device, folder: Path
) -> Training:
    """The same as `pipeline.training.train.run`, in a child process.

    Raises what that raises, and `GenerationFailed` where the child ended without a word.
    """
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", MODULE, str(theirs.fileno())], pass_fds=[theirs.fileno()]
        )
    connection = Connection(ours.detach())
    answer: Plain = None
    try:
        connection.send(Task(request, name, config, str(device), folder))
        while True:
            connection.send(Step(answer))
            event = connection.recv()
            if isinstance(event, Done):
                return
            if isinstance(event, PipelineError):
                raise event
            given = yield event
            answer = given if given is None or isinstance(given, str) else tuple(given)
    except (EOFError, ConnectionError) as error:
        raise GenerationFailed(
            "The process that trains with DeepSpeed ended. The log has the details."
        ) from error
    finally:
        connection.close()
        with suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE)
        process.kill()
        process.wait()
