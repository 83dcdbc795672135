"""One client on the gateway, from hello to goodbye."""

import asyncio
import json
from collections import deque
from contextlib import suppress

from aiohttp import WSMsgType
from pydantic import ValidationError

from bot.local_discord.gateway import protocol
from bot.local_discord.gateway.greeting import Greeting
from bot.local_discord.gateway.protocol import Frame, GatewayClosed, Identify, Op, Resume
from bot.local_discord.gateway.sessions import Session, Sessions
from bot.local_discord.gateway.transport import Connection

NORMAL_CLOSE_CODES = {1000, 1001}  # with these a client gives its session up


class GatewayClient:
    """Reads one websocket and answers it; what it says about itself decides its session."""

    def __init__(self, connection: Connection, sessions: Sessions, greeting: Greeting) -> None:
        self.connection = connection
        self.sessions = sessions
        self.greeting = greeting
        self.session: Session | None = None
        self.heard_at: deque[float] = deque(maxlen=protocol.MAX_SENDS)
        self.last_heartbeat = asyncio.get_running_loop().time()

    async def serve(self) -> None:
        """Runs until the connection ends, and keeps the session if the client may come back."""
        interval = int(protocol.HEARTBEAT_INTERVAL * 1000)
        self.connection.send(Op.HELLO, {"heartbeat_interval": interval, "_trace": ["local"]})
        writer = asyncio.create_task(self.connection.write())
        try:
            await self.read()
        except GatewayClosed as closed:
            self.connection.close(closed.code)
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(writer), 5)
        finally:
            writer.cancel()
            self.leave()

    def leave(self) -> None:
        if self.session is None or self.session.connection is not self.connection:
            return  # resumed elsewhere meanwhile, or never identified
        # Whoever is shown out answers politely, but has not said goodbye.
        code = self.connection.closed_with or self.connection.socket.close_code
        if code in NORMAL_CLOSE_CODES:
            self.sessions.end(self.session)
        else:
            self.sessions.lose(self.session)

    async def read(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            patience = self.last_heartbeat + 1.5 * protocol.HEARTBEAT_INTERVAL - loop.time()
            try:
                message = await self.connection.socket.receive(timeout=max(patience, 0.01))
            except TimeoutError:
                raise GatewayClosed(protocol.SESSION_TIMED_OUT) from None
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                return
            self.count_send(loop.time())
            await self.hear(message.data)

    def count_send(self, now: float) -> None:
        is_full = len(self.heard_at) == protocol.MAX_SENDS
        if is_full and now - self.heard_at[0] < protocol.SENDS_WINDOW:
            raise GatewayClosed(protocol.RATE_LIMITED)
        self.heard_at.append(now)

    async def hear(self, data: str | bytes) -> None:
        if len(data) > protocol.MAX_PAYLOAD:
            raise GatewayClosed(protocol.DECODE_ERROR)
        try:
            frame = Frame.model_validate(json.loads(data))
            self.obey(frame)
        except (ValueError, ValidationError) as error:
            raise GatewayClosed(protocol.DECODE_ERROR) from error

    def obey(self, frame: Frame) -> None:
        match frame.op:
            case Op.HEARTBEAT:
                loop = asyncio.get_running_loop()
                self.last_heartbeat = loop.time()
                # A client that is answered before it has noted when it asked takes its line for
                # slow; over the wire to Discord that cannot happen.
                loop.call_later(protocol.ACK_DELAY, self.connection.send, Op.ACK)
            case Op.IDENTIFY:
                self.identify(Identify.model_validate(frame.d))
            case Op.RESUME:
                self.resume(Resume.model_validate(frame.d))
            case Op.PRESENCE | Op.VOICE_STATE | Op.REQUEST_MEMBERS:
                self.command(frame)
            case _:
                raise GatewayClosed(protocol.UNKNOWN_OPCODE)

    def identify(self, said: Identify) -> None:
        if self.session:
            raise GatewayClosed(protocol.ALREADY_AUTHENTICATED)
        if said.token.removeprefix("Bot ") != self.greeting.token:
            raise GatewayClosed(protocol.AUTHENTICATION_FAILED)
        shard = said.shard or (0, 1)
        protocol.check_shard(shard)
        starts = self.sessions.starts
        if shard[1] < starts.limits.num_shards:
            raise GatewayClosed(protocol.SHARDING_REQUIRED)
        if not starts.num_left():
            # Discord goes on to reset the token; here it opens the door again tomorrow.
            self.sessions.end_all(protocol.AUTHENTICATION_FAILED)
            raise GatewayClosed(protocol.AUTHENTICATION_FAILED)
        if starts.is_too_soon(shard[0]):
            self.connection.send(Op.INVALID_SESSION, False)
            return
        protocol.check_intents(said.intents, self.greeting.world.application.flags)
        self.session = self.sessions.open(self.connection, said.intents, shard)
        if said.compress:
            self.session.has_packets = True
            self.connection.compress_payloads()
        self.greeting.welcome(self.session)

    def resume(self, said: Resume) -> None:
        if self.session:
            raise GatewayClosed(protocol.ALREADY_AUTHENTICATED)
        if said.token.removeprefix("Bot ") != self.greeting.token:
            raise GatewayClosed(protocol.AUTHENTICATION_FAILED)
        session = self.sessions.find(said.session_id)
        missed = session.missed_since(said.seq) if session else None
        if session is None or missed is None:
            self.connection.send(Op.INVALID_SESSION, False)
            return
        if said.seq > session.seq:
            raise GatewayClosed(protocol.INVALID_SEQ)
        if session.connection:
            session.connection.close(protocol.SESSION_TIMED_OUT)
        self.sessions.regain(session, self.connection)
        self.session = session
        for text in missed:
            self.connection.send_text(text)
        session.dispatch("RESUMED", {"_trace": ["local"]})

    def command(self, frame: Frame) -> None:
        if self.session is None:
            raise GatewayClosed(protocol.NOT_AUTHENTICATED)
        if frame.op == Op.REQUEST_MEMBERS:
            self.greeting.send_members(self.session, frame.d)
        # Presence and voice have nobody to see or hear them here.
