"""What runs in the child of `pipeline.training.child`.

`python -m pipeline.training.child_process FD` talks over the inherited socket FD.
"""

import fcntl
import logging
import os
import signal
import sys
from collections.abc import Generator
from contextlib import closing, suppress
from multiprocessing.connection import Connection
from pathlib import Path

import torch

from pipeline.errors import PipelineError
from pipeline.results import TrainingEvent
from pipeline.training.child import Done, Step, Task
from pipeline.training.train import run

logger = logging.getLogger(__name__)


def events(connection: Connection, task: Task) -> Generator[TrainingEvent, None, None]:
    """The run's events, each when it is asked for; however this is left, a snapshot is kept."""
    training = run(task.request, task.name, task.config, torch.device(task.device), task.folder)
    with closing(training), suppress(StopIteration):
        while isinstance(message := connection.recv(), Step):
            yield training.send(message.answer)


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
        with closing(events(connection, task)) as told:
            for event in told:
                connection.send(event)
        connection.send(Done())
    except (EOFError, ConnectionError):
        pass  # whoever drove it is gone
    except PipelineError as error:
        logger.warning("training in a child ended: %s", error.message)
        with suppress(ConnectionError):
            connection.send(error)
    except Exception:
        logger.exception("training in a child failed")
    logging.shutdown()
    os._exit(0)  # DeepSpeed's threads and groups would take their time


if __name__ == "__main__":
    main()
