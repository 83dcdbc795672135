"""Where a job came from, in plain values that need no Discord to read."""

from dataclasses import dataclass
from datetime import datetime

DEFAULT_FILE_LIMIT = 10 * 2**20  # bytes that Discord takes anywhere and from anybody


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who asked, and what waits for the answer: an interaction, or a message of ours."""

    user_id: int
    user_name: str
    guild_id: int | None
    guild_name: str | None
    channel_id: int
    placeholder_id: int
    interaction_token: str | None  # None: the placeholder is a message like any other
    token_expires_at: datetime
    file_limit: int = DEFAULT_FILE_LIMIT  # bytes that one file of the answer may have
    roles: frozenset[str] = frozenset()  # names and ids of those they have in that guild
