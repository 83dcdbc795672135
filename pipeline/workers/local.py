"""A worker in a child process of this one, over a socket pair.

No multiprocessing: the lock of its queues stays held when a child is killed, and it would import
the caller's `__main__` again. The child ends when the socket does, so a killed bot frees the GPU.
"""

import asyncio
import logging
import pickle
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Sequence

from pipeline.config import PipelineConfig
from pipeline.results import Order
from pipeline.workers import frames
from pipeline.workers.worker import AnyRequest, WorkerGone, WorkerMessage

logger = logging.getLogger(__name__)

PROGRAM = (sys.executable, "-m", "pipeline.workers.process")
FAREWELL = 2.0  # seconds for a process that closed its socket to end with a status of its own
PATIENCE = 30.0  # seconds for a killed process to be gone


class LocalWorker:
    """One device of this machine; a `Worker`."""

    def __init__(
        self, config: PipelineConfig, device: str, program: Sequence[str] = PROGRAM
    ) -> None:
        self._first = frames.Start(config, device)
        self._program = program
        self._process: Process | None = None
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    @property
    def pid(self) -> int | None:
        """The child's process id, once there is one."""
        return self._process.pid if self._process else None

    async def start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._reader, self._writer = await asyncio.open_connection(sock=ours)
            try:
                self._process = await asyncio.create_subprocess_exec(
                    *self._program,
                    str(theirs.fileno()),
                    pass_fds=[theirs.fileno()],
                    stdin=DEVNULL,
                    # Ctrl-C in a terminal goes to a whole session: this one is the bot's business.
                    start_new_session=True,
                )
            except OSError as error:
                raise WorkerGone(f"could not be started: {error}") from error
        self._send(self._first)

    def begin(self, request: AnyRequest) -> None:
        self._send(frames.Begin(request))

    def order(self, request_id: str, order: Order) -> None:
        self._send(frames.Ask(request_id, order))

    def drop(self, request_id: str) -> None:
        self._send(frames.Drop(request_id))

    def _send(self, command: frames.Command) -> None:
        if self._writer and not self._writer.is_closing():
            self._writer.write(frames.pack(command))

    async def receive(self) -> WorkerMessage:
        if self._reader is None:
            raise WorkerGone("was never started")
        try:
            message: WorkerMessage = await frames.receive_from(self._reader)
        except (EOFError, ConnectionError) as error:
            raise WorkerGone(await self._ending()) from error
        except pickle.UnpicklingError as error:
            raise WorkerGone(f"sent what is no message: {error}") from error
        return message

    async def _ending(self) -> str:
        if self._process is None:
            return "was never started"
        try:
            status = await asyncio.wait_for(self._process.wait(), FAREWELL)
        except TimeoutError:
            return "closed its connection and did not end"
        if status < 0:
            return f"was killed by signal {-status} ({signal.strsignal(-status)})"
        return f"ended with exit status {status}"

    async def kill(self) -> None:
        if self._process is not None:
            if self._process.returncode is None:
                self._process.kill()
            try:
                await asyncio.wait_for(self._process.wait(), PATIENCE)
            except TimeoutError:
                # Deep in a driver, where no signal reaches it. The line must not stand still.
                logger.critical("process %d cannot be killed", self._process.pid)
        if self._writer is not None:
            self._writer.close()
            # Its end was what we wanted; how the connection took it does not matter.
            await asyncio.gather(self._writer.wait_closed(), return_exceptions=True)
