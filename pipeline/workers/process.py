"""What runs in a worker's process: read commands, step what computes, say what came of it.

`python -m pipeline.workers.process FD` talks over the inherited socket FD. It exits when that
socket ends, even in the middle of a step: a killed bot must not leave a GPU held. It does not
know what a step computes, nor who asked.
"""

import faulthandler
import logging
import os
import pickle
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from queue import SimpleQueue
from threading import Thread
from typing import Protocol

from pipeline.config import PipelineConfig
from pipeline.errors import PipelineError
from pipeline.results import EngineEvent, Order, TrainingNews, Turn
from pipeline.workers import frames
from pipeline.workers.worker import AnyRequest, CannotStart, Ready, TurnBegun, WorkerMessage

logger = logging.getLogger(__name__)

SIGN_OF_LIFE = 1.0  # seconds between two `TurnBegun` while the kind of turn stays the same
LEFT_ALONE = 0  # exit status: the socket ended
BROKEN = 1  # exit status: the engine is not to be trusted any more


class Engine(Protocol):
    """What this module drives."""

    @property
    def max_images(self) -> int:
        """How many images it can have in flight at once."""

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do."""

    @property
    def next_turn(self) -> Turn:
        """What `step` will do next."""

    def submit(self, request: AnyRequest) -> None:
        """Take a request up; what is wrong with it is an event of a later step."""

    def order(self, request_id: str, order: Order) -> None:
        """Do this with a training, if it is there."""

    def cancel(self, request_id: str) -> None:
        """Forget a request, if it is there."""

    def step(self) -> Sequence[EngineEvent | TrainingNews]:
        """Do one turn. An exception out of it means that the device is not to be trusted."""


EngineFactory = Callable[[PipelineConfig, str], Engine]
Inbox = SimpleQueue[frames.Begin | frames.Ask | frames.Drop]


def serve(connection: socket.socket, make_engine: EngineFactory) -> None:
    """Be the worker at this end of `connection`; does not return before the process must end."""
    try:
        start: frames.Start = frames.receive(connection)
    except EOFError:
        os._exit(LEFT_ALONE)
    _settle_in(start.config, start.device)
    inbox: Inbox = SimpleQueue()
    Thread(target=_listen, args=(connection, inbox), name="commands", daemon=True).start()
    try:
        engine = make_engine(start.config, start.device)
    except PipelineError as error:
        logger.exception("cannot start")
        _say(connection, CannotStart(error))
        return
    _say(connection, Ready(start.device, engine.max_images))
    logger.info("ready for %d images at once", engine.max_images)
    for message in _work(engine, inbox):
        _say(connection, message)


def _settle_in(config: PipelineConfig, device: str) -> None:
    """Make this process a quiet neighbour of the bot, before anything imports torch."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.enable()
    logging.basicConfig(
        format=f"%(asctime)s %(levelname)s [{device}] %(name)s: %(message)s", level=logging.INFO
    )
    os.nice(config.nice)
    if device == "cpu" and config.threads:
        for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ[name] = str(config.threads)


def _listen(connection: socket.socket, inbox: Inbox) -> None:
    """Put commands into the inbox until the other end is gone, then take the process with it."""
    try:
        while True:
            inbox.put(frames.receive(connection))
    except (EOFError, OSError):
        # The main thread may be deep in a step, or hang in a kernel: nothing there is worth saving.
        os._exit(LEFT_ALONE)
    except pickle.UnpicklingError:
        logger.critical("was sent what is no command", exc_info=True)
        os._exit(BROKEN)


def _work(engine: Engine, inbox: Inbox) -> Iterator[WorkerMessage]:
    """Everything to say from here on, done as it is asked for."""
    said: Turn = "idle"
    said_at = 0.0
    while True:
        if engine.idle and said != "idle":
            said = "idle"
            yield TurnBegun(said)
        _follow(engine, inbox)
        if engine.next_turn != said or time.monotonic() - said_at >= SIGN_OF_LIFE:
            said, said_at = engine.next_turn, time.monotonic()
            yield TurnBegun(said)
        yield from engine.step()


def _follow(engine: Engine, inbox: Inbox) -> None:
    """Obey what has come in; while there is nothing to do, wait for more."""
    while engine.idle or not inbox.empty():
        match inbox.get():
            case frames.Begin(request):
                engine.submit(request)
            case frames.Ask(request_id, order):
                engine.order(request_id, order)
            case frames.Drop(request_id):
                engine.cancel(request_id)


def _say(connection: socket.socket, message: WorkerMessage) -> None:
    connection.sendall(frames.pack(message))


def _make_engine(config: PipelineConfig, device: str) -> Engine:
    # Not at the top: torch reads its environment as it is imported, and by now someone watches
    # the socket, so that a bot killed during these seconds takes this process with it.
    from pipeline.workers.furnace import Furnace

    return Furnace(config, device)


def main(make_engine: EngineFactory = _make_engine) -> None:
    """Be the worker on the socket whose number is the only argument."""
    status = BROKEN
    try:
        serve(socket.socket(fileno=int(sys.argv[1])), make_engine)
    except ConnectionError:
        status = LEFT_ALONE
    except Exception:
        logger.critical("ends, to be replaced", exc_info=True)
    # Without the interpreter's tidying up: after a fault of the device that can hang.
    logging.shutdown()
    os._exit(status)


if __name__ == "__main__":
    main()
