"""What runs in the child of `pipeline.training.child`.

`python -m pipeline.training.child_process FD` talks over the inherited socket FD.
"""

import fcntl
import logging
import os
import signal
import sys
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import torch

from pipeline.errors import PipelineError
from pipeline.results import TrainingEvent
from pipeline.training.child import Done, Step, Task
from pipeline.training.train import run

logger = logging.getLogger(__name__)


def events(connection: Connection, task: Task) -> Iterator[TrainingEvent]:
    """The run's events, each when it is asked for; at the end of the connection it is closed."""
    training = run(task.request, task.name, task.config, torch.device(task.device), task.folder)
    try:
        while True:
            step: Step = connection.recv()
            yield training.send(step.answer)
    except StopIteration:
        return
    except EOFError:
        training.close()  # keeps a snapshot
        raise


def alone_in(folder: Path) -> int:
    """Wait until no other child works in a run's folder; the file whose closing lets one in.

    One whose driver was killed still keeps its state there, while the run is begun again.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def main() -> None:
    """Run the task that comes over the socket whose number is the only argument."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever drives says when to stop
    logging.basicConfig(level=logging.WARNING)
    connection = Connection(int(sys.argv[1]))
    task: Task = connection.recv()
    alone_in(task.folder)  # until this process ends
    try:
        for event in events(connection, task):
            connection.send(event)
        connection.send(Done())
    except (EOFError, BrokenPipeError):
        pass
    except PipelineError as error:
        connection.send(error)
    except Exception:
        logger.exception("training in a child failed")
    logging.shutdown()
    os._exit(0)  # DeepSpeed's threads and groups would take their time


if __name__ == "__main__":
    main()
