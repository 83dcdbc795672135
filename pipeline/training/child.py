"""A run in a process of its own, stepped by message, for what must not share a process.

To whoever drives it, it is a run like any other. When the driver goes, the child keeps its state
and goes too, whatever it is about.
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
from pipeline.results import Order, RoomMade, TrainingEvent
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
class Leave:
    """Keep a snapshot, and end."""


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
    try:
        yield from driven(connection, Task(request, name, config, str(device), folder))
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


def driven(connection: Connection, task: Task) -> Training:
    """The task's events, as the child says them; closed, this has it keep a snapshot.

    Raises what the child raises, then too.
    """
    connection.send(task)
    answer: Plain = None
    try:
        while (event := said(connection, Step(answer))) is not None:
            given = yield event
            answer = given if given is None or isinstance(given, str) else tuple(given)
    except GeneratorExit:
        said(connection, Leave())
        raise


def said(connection: Connection, message: Step | Leave) -> TrainingEvent | None:
    """What the child says to a message; None where it is done."""
    connection.send(message)
    if isinstance(message, Leave) and not connection.poll(PATIENCE):
        raise GenerationFailed(
            "The process that trains with DeepSpeed took too long to keep a snapshot: it was ended."
        )
    event = connection.recv()
    if isinstance(event, PipelineError):
        raise event
    return None if isinstance(event, Done) else event
