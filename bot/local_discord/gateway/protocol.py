"""What a client may say on the gateway, and the codes with which it is shown out."""

from enum import IntEnum
from typing import Annotated, Any

from pydantic import Field

from bot.local_discord.forms.base import Form

HEARTBEAT_INTERVAL = 41.25  # seconds
ACK_DELAY = 0.05  # seconds
MAX_SENDS, SENDS_WINDOW = 120, 60.0  # messages, seconds
MAX_PAYLOAD = 4096  # bytes


class Op(IntEnum):
    """What a frame is for."""

    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    PRESENCE = 3
    VOICE_STATE = 4
    RESUME = 6
    RECONNECT = 7
    REQUEST_MEMBERS = 8
    INVALID_SESSION = 9
    HELLO = 10
    ACK = 11


UNKNOWN_OPCODE = 4001
DECODE_ERROR = 4002
NOT_AUTHENTICATED = 4003
AUTHENTICATION_FAILED = 4004
ALREADY_AUTHENTICATED = 4005
INVALID_SEQ = 4007
RATE_LIMITED = 4008
SESSION_TIMED_OUT = 4009
INVALID_SHARD = 4010
SHARDING_REQUIRED = 4011
INVALID_API_VERSION = 4012
INVALID_INTENTS = 4013
DISALLOWED_INTENTS = 4014

KNOWN_INTENTS = sum(1 << bit for bit in (*range(17), 20, 21, 24, 25))
# A privileged intent, and the application flags (full or limited) that grant it.
PRIVILEGED = {1 << 1: 0b11 << 14, 1 << 8: 0b11 << 12, 1 << 15: 0b11 << 18}


class GatewayClosed(Exception):
    """The client broke the protocol; the code says how."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


class Frame(Form):
    op: int
    d: Any = None


class Properties(Form):
    os: str = ""
    browser: str = ""
    device: str = ""


class Identify(Form):
    token: str
    properties: Properties
    intents: Annotated[int, Field(ge=0)]
    compress: bool | None = None
    large_threshold: Annotated[int, Field(ge=50, le=250)] | None = None
    shard: tuple[int, int] | None = None


class Resume(Form):
    token: str
    session_id: str
    seq: int


def check_intents(intents: int, application_flags: int) -> None:
    if intents & ~KNOWN_INTENTS:
        raise GatewayClosed(INVALID_INTENTS)
    for intent, granting in PRIVILEGED.items():
        if intents & intent and not application_flags & granting:
            raise GatewayClosed(DISALLOWED_INTENTS)


def check_shard(shard: tuple[int, int]) -> None:
    shard_id, num_shards = shard
    if not 0 <= shard_id < num_shards:
        raise GatewayClosed(INVALID_SHARD)
