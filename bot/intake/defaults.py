"""What holds where an option is left out: one's own default, the server's, or the built-in one."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from bot.errors import Refusal
from bot.intake.generation import GenerationIntake, TypedOptions
from bot.records.database import Database, uninterrupted
from bot.records.defaults import DefaultChanges, DefaultOptions, Options
from bot.records.people import People
from pipeline import GenerationRequest, PipelineError

SETTABLE = (
    "model",
    "size",
    "steps",
    "guidance_scale",
    "sampler",
    "negative_prompt",
    "count",
    "preset",
    "advanced",
)
MAX_SHOWN = 60  # characters of a value that cannot be followed
BUILT_IN: Mapping[str, Any] = {
    field.name: field.default for field in fields(TypedOptions) if field.name in SETTABLE
}

Change = Callable[[Options], Options]
"""Of the options that were kept, the ones to keep from now on."""


class Source(StrEnum):
    """Where a value comes from."""

    OWN = "own"
    SERVER = "server"
    BUILT_IN = "built_in"


UNUSABLE = {Source.OWN: "settings.unusable_own", Source.SERVER: "settings.unusable_server"}


@dataclass(frozen=True, slots=True)
class Defaults:
    """What somebody has set for themselves, and what is set for everybody where they are."""

    own: Mapping[str, Any]
    server: Mapping[str, Any]

    def fill_in(self, typed: Mapping[str, Any]) -> TypedOptions:
        """All options of somebody who typed these and left out those that are None."""
        given = {name: value for name, value in typed.items() if value is not None}
        return TypedOptions(**{**self.server, **self.own, **given}, explicit=frozenset(given))

    def value(self, name: str) -> tuple[Any, Source]:
        """What holds for an option that is left out, and why."""
        for values, source in ((self.own, Source.OWN), (self.server, Source.SERVER)):
            if name in values:
                return values[name], source
        return BUILT_IN[name], Source.BUILT_IN


def request_of(
    intake: GenerationIntake, defaults: Defaults, typed: Mapping[str, Any], user_id: int
) -> GenerationRequest:
    """The request of somebody who typed these options and left out those that are None.

    Raises `InvalidRequest` or `Refusal`; where a default is to blame, with its name and the fix.
    """
    try:
        return intake.request(defaults.fill_in(typed), user_id)
    except (PipelineError, Refusal):
        blame(intake, defaults, {name for name, value in typed.items() if value is not None})
        raise


def blame(intake: GenerationIntake, defaults: Defaults, given: Collection[str]) -> None:
    """Raise `Refusal` where a default that nothing given hides cannot be followed any more."""
    for name in SETTABLE:
        value, source = defaults.value(name)
        if name in given or source is Source.BUILT_IN:
            continue
        try:
            intake.request(TypedOptions(prompt="anything", **{name: value}), user_id=0)
        except (PipelineError, Refusal) as reason:
            shown = str(value)[:MAX_SHOWN]
            raise Refusal(UNUSABLE[source], name=name, value=shown, reason=reason) from reason


class DefaultsKeeper:
    """Reads and changes what is kept."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @uninterrupted
    async def of(self, user_id: int, guild_id: int | None) -> Defaults:
        """What holds for this user in this guild, or in direct messages."""
        async with self._database.reading() as session:
            kept = DefaultOptions(session)
            own = await kept.of_user(user_id)
            server = {} if guild_id is None else await kept.of_guild(guild_id)
        return Defaults(_still_settable(own), _still_settable(server))

    @uninterrupted
    async def change_own(self, user_id: int, user_name: str, change: Change) -> None:
        """Change what a user has set for themselves. What `change` raises leaves all as it was."""
        async with self._database.writing() as session:
            await People(session).meet_user(user_id, user_name)
            options = change(await DefaultOptions(session).of_user(user_id))
            await DefaultChanges(session).keep_for_user(user_id, options)

    @uninterrupted
    async def change_server(self, guild_id: int, guild_name: str, change: Change) -> None:
        """Change what is set for everybody in a guild; who may do so is not decided here."""
        async with self._database.writing() as session:
            await People(session).meet_guild(guild_id, guild_name)
            options = change(await DefaultOptions(session).of_guild(guild_id))
            await DefaultChanges(session).keep_for_guild(guild_id, options)


def _still_settable(options: Options) -> Options:
    return {name: value for name, value in options.items() if name in SETTABLE}
