"""One interaction from the press of a key to the end of its token."""

import asyncio
from dataclasses import dataclass, field
from enum import IntEnum

from bot.local_discord.wire import Json

RESPONSE_TIME = 3.0  # seconds until the first response
TOKEN_LIFETIME = 15 * 60.0  # seconds


class Kind(IntEnum):
    """What a person did."""

    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL = 5


class Callback(IntEnum):
    """How the bot may answer."""

    MESSAGE = 4
    DEFERRED_MESSAGE = 5
    DEFERRED_UPDATE = 6
    UPDATE = 7
    CHOICES = 8
    MODAL = 9


@dataclass(kw_only=True, eq=False)
class Interaction:
    """What was asked, by whom and where, and how far its answer has come."""

    id: str
    token: str
    kind: Kind
    user_id: str
    channel_id: str
    guild_id: str | None
    created_at: float
    data: Json
    owners: dict[str, str]  # Discord's authorizing_integration_owners
    attachment_limit: int  # bytes a file of an answer may have
    is_bot_there: bool  # or only brought along by the person who installed it
    is_hushed: bool = False  # its answers are for that person alone, whatever they say
    command_name: str | None = None
    source_id: str | None = None  # the message whose component was used
    target_message_id: str | None = None
    target_user_id: str | None = None
    triggered_by: Json | None = None  # a modal's opener, as interaction_metadata
    answered_with: Callback | None = None
    original_id: str | None = None  # what @original is
    num_followups: int = 0
    modal: Json | None = None
    choices: list[Json] | None = None
    is_revoked: bool = False  # its token was killed early, on request
    has_failed: bool = False
    settled: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def was_updating(self) -> bool:
        return self.answered_with in (Callback.DEFERRED_UPDATE, Callback.UPDATE)

    def may_respond(self, now: float) -> bool:
        return not self.is_revoked and now < self.created_at + RESPONSE_TIME

    def token_lives(self, now: float) -> bool:
        return not self.is_revoked and now < self.created_at + TOKEN_LIFETIME

    def allowed_callbacks(self) -> set[Callback]:
        if self.kind == Kind.AUTOCOMPLETE:
            return {Callback.CHOICES}
        allowed = {Callback.MESSAGE, Callback.DEFERRED_MESSAGE}
        if self.source_id:
            allowed |= {Callback.DEFERRED_UPDATE, Callback.UPDATE}
        if self.kind != Kind.MODAL:
            allowed.add(Callback.MODAL)
        return allowed

    def view(self) -> Json:
        """What the page needs to know."""
        state = "answered" if self.answered_with else "waiting"
        return {
            "id": self.id,
            "kind": self.kind.name.lower(),
            "state": "failed" if self.has_failed else state,
            "channel_id": self.channel_id,
            "user_id": self.user_id,
            "command_name": self.command_name,
            "source_id": self.source_id,
            "custom_id": self.data.get("custom_id"),
            "response_message_id": None if self.was_updating else self.original_id,
            "answered_with": self.answered_with,
            "modal": self.modal,
        }
