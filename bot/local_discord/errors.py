"""DiscordError, and one class a refusal; a class's docstring is Discord's own message for its code.

DiscordError
├── Unauthorized, InvalidWebhookToken            401
├── MissingAccess, MissingPermissions, …         403
├── UnknownChannel, UnknownMessage, …            404: they stand in unknown.py
├── RequestEntityTooLarge                        413
├── InvalidFormBody                              400, with a tree that names the field
├── RateLimited                                  429, with headers that say when to come again
├── AlreadyAcknowledged, EmptyMessage, …         400
└── UnknownRoute                                 501, ours alone: it is not built here
"""

import math
from collections.abc import Sequence
from typing import Literal, TypeAlias

from bot.local_discord.wire import Json


class DiscordError(Exception):
    """Bad request"""

    status = 400
    code = 0

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or type(self).__doc__)

    def body(self) -> Json:
        return {"message": str(self), "code": self.code}

    def headers(self) -> dict[str, str]:
        return {}


class Unauthorized(DiscordError):
    """401: Unauthorized"""

    status = 401


class InvalidWebhookToken(DiscordError):
    """Invalid Webhook Token"""

    status, code = 401, 50027


class MissingAccess(DiscordError):
    """Missing Access"""

    status, code = 403, 50001


class MissingPermissions(DiscordError):
    """Missing Permissions"""

    status, code = 403, 50013


class CannotEditOthersMessage(DiscordError):
    """Cannot edit a message authored by another user"""

    status, code = 403, 50005


class CannotMessageUser(DiscordError):
    """Cannot send messages to this user"""

    status, code = 403, 50007


class TooManyPins(DiscordError):
    """Maximum number of pins reached for the channel (250)"""

    code = 30003


class TooManyRoles(DiscordError):
    """Maximum number of server roles reached (250)"""

    code = 30005


class TooManyEmojis(DiscordError):
    """Maximum number of emojis reached"""

    code = 30008


class TooManyReactions(DiscordError):
    """Maximum number of reactions reached (20)"""

    code = 30010


class TooManyAnimatedEmojis(DiscordError):
    """Maximum number of animated emojis reached"""

    code = 30018


class TooManyCommands(DiscordError):
    """Maximum number of application commands reached"""

    code = 30032


class TooManyCommandCreates(DiscordError):
    """Max number of daily application command creates has been reached (200)"""

    code = 30034


class RequestEntityTooLarge(DiscordError):
    """Request entity too large"""

    status, code = 413, 40005


class AlreadyAcknowledged(DiscordError):
    """Interaction has already been acknowledged."""

    code = 40060


class TooManyFollowUps(DiscordError):
    """Maximum number of follow-up messages has been reached"""

    code = 40094


class EmptyMessage(DiscordError):
    """Cannot send an empty message"""

    code = 50006


class SystemMessage(DiscordError):
    """Cannot execute action on a system message"""

    status, code = 403, 50021


class WrongChannelType(DiscordError):
    """Cannot execute action on this channel type"""

    code = 50024


class InvalidRole(DiscordError):
    """Invalid role"""

    code = 50028


class TooOldToDelete(DiscordError):
    """A message provided was too old to bulk delete"""

    code = 50034


class ThreadArchived(DiscordError):
    """Thread is archived"""

    code = 50083


class CannotReply(DiscordError):
    """Cannot reply without permission to read message history"""

    status, code = 403, 160002


class ThreadAlreadyStarted(DiscordError):
    """A thread has already been created for this message"""

    code = 160004


class ThreadLocked(DiscordError):
    """Thread is locked"""

    status, code = 403, 160005


class InvalidJson(DiscordError):
    """The request body contains invalid JSON."""

    code = 50109


Scope: TypeAlias = Literal["user", "global", "shared"]  # one bot's, its all, or a resource's


class RateLimited(DiscordError):
    """You are being rate limited."""

    status = 429

    def __init__(
        self, retry_after: float, scope: Scope, bucket: dict[str, str] | None = None
    ) -> None:
        is_shared = scope == "shared"
        super().__init__("The resource is being rate limited." if is_shared else None)
        self.retry_after = round(retry_after, 3)
        self.scope = scope
        self.bucket = bucket or {}

    def body(self) -> Json:
        return super().body() | {
            "retry_after": self.retry_after,
            "global": self.scope == "global",
        }

    def headers(self) -> dict[str, str]:
        told = self.bucket | {
            "Retry-After": str(max(1, math.ceil(self.retry_after))),
            "X-RateLimit-Scope": self.scope,
            # Without it a client takes the answer for one of the wall before Discord.
            "Via": "1.1 google",
        }
        return told | ({"X-RateLimit-Global": "true"} if self.scope == "global" else {})


class UnknownRoute(DiscordError):
    """The local Discord does not know this route."""

    status = 501


class InvalidFormBody(DiscordError):
    """Invalid Form Body"""

    code = 50035

    def __init__(self, problems: Sequence["Problem"]) -> None:
        super().__init__()
        self.problems = problems

    def body(self) -> Json:
        tree: Json = {}
        for path, code, message in self.problems:
            node = tree
            for part in path:
                node = node.setdefault(str(part), {})
            node.setdefault("_errors", []).append({"code": code, "message": message})
        return super().body() | {"errors": tree}


Path = tuple[str | int, ...]
Problem = tuple[Path, str, str]  # where, Discord's code for it, the sentence
