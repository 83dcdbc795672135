"""Which mentions in a text notify somebody, by Discord's allowed_mentions rules."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.local_discord.errors import Path, Problem
from bot.local_discord.forms.base import refuse
from bot.local_discord.forms.messages import AllowedMentions
from bot.local_discord.world import Guild, World

USER = re.compile(r"<@!?(\d+)>")
ROLE = re.compile(r"<@&(\d+)>")


@dataclass(frozen=True)
class Mentions:
    """Who a message mentions."""

    user_ids: list[str] = field(default_factory=list)
    role_ids: list[str] = field(default_factory=list)
    everyone: bool = False


def resolve(
    text: str,
    allowed: AllowedMentions | None,
    world: World,
    guild: Guild | None,
    *,
    answered: str | None,
    at: Path,
) -> Mentions:
    """The mentions of a text that exist and are allowed; without a rule, all of them.

    A reply notifies whom it answers, too.
    """
    allowed = allowed or AllowedMentions(parse=["users", "roles", "everyone"], replied_user=True)
    refuse(*contradictions(allowed, (*at, "allowed_mentions")))
    parsed = set(allowed.parse or ())
    users = dict.fromkeys(key for key in USER.findall(text) if key in world.users)
    roles = dict.fromkeys(key for key in ROLE.findall(text) if guild and key in guild.roles)
    notified = [key for key in users if "users" in parsed or key in (allowed.users or ())]
    if answered and allowed.replied_user and answered not in notified:
        notified.insert(0, answered)
    return Mentions(
        notified,
        [key for key in roles if "roles" in parsed or key in (allowed.roles or ())],
        "everyone" in parsed and ("@everyone" in text or "@here" in text),
    )


def contradictions(allowed: AllowedMentions, at: Path) -> Iterator[Problem]:
    """Naming some users while allowing all of them contradicts itself; so with roles."""
    for kind, named in (("users", allowed.users), ("roles", allowed.roles)):
        if named and kind in (allowed.parse or ()):
            sentence = f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
            yield at, "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", sentence
