"""Gateway sessions: who is listening to what, and what a broken connection still has to hear."""

import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.local_discord.clock import Clock
from bot.local_discord.gateway.protocol import Op
from bot.local_discord.gateway.starts import Starts
from bot.local_discord.gateway.transport import Connection
from bot.local_discord.record import Record, Violation
from bot.local_discord.schema import FrameDescription
from bot.local_discord.wire import Json, compact

RESUME_WINDOW = 180.0  # seconds a session waits for its client to come back
REPLAY_LIMIT = 2000  # events

GUILDS = 1 << 0
GUILD_MEMBERS = 1 << 1
GUILD_EXPRESSIONS = 1 << 3
GUILD_PRESENCES = 1 << 8
GUILD_MESSAGES = 1 << 9
GUILD_MESSAGE_REACTIONS = 1 << 10
DIRECT_MESSAGES = 1 << 12
DIRECT_MESSAGE_REACTIONS = 1 << 13
MESSAGE_CONTENT = 1 << 15


@dataclass(kw_only=True)
class Session:
    """One identified client (one shard of one), connected or waited for."""

    id: str
    intents: int
    shard: tuple[int, int]
    connection: Connection | None
    has_packets: bool = False  # longer payloads are compressed, also after a resume
    seq: int = 0
    lost_at: float | None = None
    sent: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=REPLAY_LIMIT))
    judge: Callable[[Json], None]  # sees every frame before it goes out

    def hears(self, guild_id: str | None, intent: int) -> bool:
        if intent and not self.intents & intent:
            return False
        shard_id, num_shards = self.shard
        return (int(guild_id) >> 22) % num_shards == shard_id if guild_id else shard_id == 0

    def dispatch(self, event: str, payload: Json) -> None:
        self.seq += 1
        frame = {"t": event, "s": self.seq, "op": int(Op.DISPATCH), "d": payload}
        self.judge(frame)
        text = compact(frame)
        self.sent.append((self.seq, text))
        if self.connection:
            self.connection.send_text(text)

    def missed_since(self, seq: int) -> list[str] | None:
        """The events after `seq`, or nothing if some of them are no longer kept."""
        if self.sent and self.sent[0][0] > seq + 1:
            return None
        return [text for number, text in self.sent if number > seq]


class Sessions:
    """All sessions of the bot; events go to each that listens, also to two of the same shard."""

    def __init__(self, clock: Clock, record: Record, description: FrameDescription | None) -> None:
        self.clock = clock
        self.record = record
        self.description = description
        self.by_id: dict[str, Session] = {}
        self.starts = Starts(clock)
        self.told: Callable[[], None] = lambda: None  # called as clients come and go

    def open(self, connection: Connection, intents: int, shard: tuple[int, int]) -> Session:
        self.forget_expired()
        self.starts.note(shard[0])
        session = Session(
            id=secrets.token_hex(16),
            intents=intents,
            shard=shard,
            connection=connection,
            judge=self.judge,
        )
        self.by_id[session.id] = session
        self.told()
        return session

    def judge(self, frame: Json) -> None:
        """Remembers a frame that the published types do not allow."""
        problem = self.description.problem(frame) if self.description else None
        if problem:
            self.record.violations.append(Violation("frame", frame["t"], problem))

    def regain(self, session: Session, connection: Connection) -> None:
        """The client is back on another connection."""
        if session.has_packets:
            connection.compress_payloads()
        session.connection, session.lost_at = connection, None
        self.told()

    def lose(self, session: Session) -> None:
        """The connection broke; the session waits for a resume."""
        session.connection = None
        session.lost_at = self.clock.now()
        self.told()

    def end(self, session: Session) -> None:
        self.by_id.pop(session.id, None)
        self.told()

    def end_all(self, code: int) -> None:
        """Shows every client out, and none may come back."""
        for session in list(self.by_id.values()):
            if session.connection:
                session.connection.close(code)
            self.end(session)

    def forget_expired(self) -> None:
        deadline = self.clock.now() - RESUME_WINDOW
        for session in list(self.by_id.values()):
            if session.lost_at is not None and session.lost_at < deadline:
                self.end(session)

    def find(self, session_id: str) -> Session | None:
        self.forget_expired()
        return self.by_id.get(session_id)

    def connected(self) -> list[Session]:
        return [session for session in self.by_id.values() if session.connection]

    def dispatch(
        self,
        event: str,
        payload: Json | Callable[[Session], Json],
        *,
        guild_id: str | None,
        intent: int = 0,
    ) -> None:
        """Tells every session that listens; a callable payload may differ by session."""
        self.forget_expired()
        for session in list(self.by_id.values()):
            if session.hears(guild_id, intent):
                session.dispatch(event, payload(session) if callable(payload) else payload)
