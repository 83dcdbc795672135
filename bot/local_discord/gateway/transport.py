"""One websocket's way out: frames in order, compressed as the client asked."""

import asyncio
import zlib
from typing import Protocol

import zstandard
from aiohttp import web

from bot.local_discord.wire import compact

SMALL = 1024  # bytes: what is shorter goes uncompressed, unless all of the connection is


class Compressor(Protocol):
    """How a connection's messages are packed."""

    def pack(self, text: str) -> bytes | str: ...


class ZlibStream:
    """zlib-stream: one deflate context, every message ended by a sync flush."""

    def __init__(self) -> None:
        self.context = zlib.compressobj()

    def pack(self, text: str) -> bytes:
        return self.context.compress(text.encode()) + self.context.flush(zlib.Z_SYNC_FLUSH)


class ZstdStream:
    """zstd-stream: one frame that is never ended, every message a flushed block of it."""

    def __init__(self) -> None:
        self.context = zstandard.ZstdCompressor().compressobj()

    def pack(self, text: str) -> bytes:
        packed = self.context.compress(text.encode())
        return packed + self.context.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)


class Packets:
    """Payload compression: every longer message alone, as zlib has it; the others as text."""

    def pack(self, text: str) -> bytes | str:
        data = text.encode()
        return zlib.compress(data) if len(data) > SMALL else text


COMPRESSORS: dict[str, type[ZlibStream] | type[ZstdStream]] = {
    "zlib-stream": ZlibStream,
    "zstd-stream": ZstdStream,
}


class Connection:
    """A websocket with a queue before it, so that sending never waits and never overtakes."""

    def __init__(
        self,
        socket: web.WebSocketResponse,
        transport: asyncio.Transport | None,
        compressor: Compressor | None,
    ) -> None:
        self.socket = socket
        self.transport = transport
        self.compressor = compressor
        self.outgoing: asyncio.Queue[str | int] = asyncio.Queue()
        self.closed_with: int | None = None  # by this side

    def send(self, op: int, data: object = None) -> None:
        self.send_text(compact({"t": None, "s": None, "op": op, "d": data}))

    def send_text(self, text: str) -> None:
        self.outgoing.put_nowait(text)

    def compress_payloads(self) -> None:
        """As a client asks for in its identify; a compressed connection stays as it is."""
        self.compressor = self.compressor or Packets()

    def close(self, code: int) -> None:
        """Closes after everything that was sent before."""
        self.closed_with = code
        self.outgoing.put_nowait(code)

    def break_off(self) -> None:
        """Ends the connection as a lost network does: no close frame, no code."""
        if self.transport:
            self.transport.abort()

    async def write(self) -> None:
        """Sends what is queued until the connection closes."""
        while True:
            item = await self.outgoing.get()
            try:
                if isinstance(item, int):
                    await self.socket.close(code=item)
                    return
                packed = self.compressor.pack(item) if self.compressor else item
                if isinstance(packed, bytes):
                    await self.socket.send_bytes(packed)
                else:
                    await self.socket.send_str(packed)
            except ConnectionError:
                return
