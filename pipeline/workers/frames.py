"""What the bot's process and a worker process say to each other, and how it crosses the socket.

A frame is a length and a pickled value. Both ends are ours: nothing that a user sent is ever
unpickled, only values of our own that may contain it. It does not know what the values mean.
"""

import asyncio
import pickle
import socket
import struct
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from pipeline.config import PipelineConfig
from pipeline.results import Order
from pipeline.workers.worker import AnyRequest

LENGTH = struct.Struct("!I")

# Where the values of frames are made. A frame can name nothing else, so that a worker's message
# cannot pull torch (or anything) into the bot's process.
PLAIN_MODULES = frozenset(
    {
        "pathlib",
        "pipeline.artifact",
        "pipeline.config",
        "pipeline.errors",
        "pipeline.model_config",
        "pipeline.requests",
        "pipeline.results",
        "pipeline.training_methods",
        "pipeline.training_request",
        "pipeline.workers.frames",
        "pipeline.workers.worker",
    }
)


@dataclass(frozen=True, slots=True)
class Start:
    """The first frame a worker process gets: what it is to be."""

    config: PipelineConfig
    device: str


@dataclass(frozen=True, slots=True)
class Begin:
    """Take this request up."""

    request: AnyRequest


@dataclass(frozen=True, slots=True)
class Ask:
    """Do this with this training."""

    request_id: str
    order: Order


@dataclass(frozen=True, slots=True)
class Drop:
    """Forget this request."""

    request_id: str


Command = Start | Begin | Ask | Drop


class _PlainUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if module not in PLAIN_MODULES or "." in name:
            raise pickle.UnpicklingError(f"a frame may not name {module}.{name}")
        return super().find_class(module, name)


def pack(value: object) -> bytes:
    """One value as a frame."""
    body = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    return LENGTH.pack(len(body)) + body


def unpack(body: bytes) -> Any:
    """The value in a frame's body. Raises `pickle.UnpicklingError` for anything not plain."""
    return _PlainUnpickler(BytesIO(body)).load()


async def receive_from(reader: asyncio.StreamReader) -> Any:
    """The next value. Raises `EOFError` (of which `IncompleteReadError` is one) at the end."""
    (length,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
    return unpack(await reader.readexactly(length))


def receive(connection: socket.socket) -> Any:
    """The next value, waited for by the calling thread. Raises `EOFError` at the end."""
    (length,) = LENGTH.unpack(_read(connection, LENGTH.size))
    return unpack(_read(connection, length))


def _read(connection: socket.socket, length: int) -> bytes:
    body = bytearray()
    while len(body) < length:
        piece = connection.recv(length - len(body))
        if not piece:
            raise EOFError
        body += piece
    return bytes(body)
