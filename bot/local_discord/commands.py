"""The bot's application commands: registering them, and which of them a person may use where."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from bot.local_discord.errors import (
    InvalidFormBody,
    Path,
    Problem,
    TooManyCommandCreates,
    TooManyCommands,
)
from bot.local_discord.forms.base import parse, refuse
from bot.local_discord.forms.commands import CommandForm
from bot.local_discord.permissions import USE_APPLICATION_COMMANDS, permissions_in
from bot.local_discord.unknown import UnknownCommand
from bot.local_discord.wire import Json
from bot.local_discord.world import Channel, Command, World

SLASH, USER_MENU, MESSAGE_MENU = 1, 2, 3
MAX_COMMANDS = {SLASH: 100, USER_MENU: 15, MESSAGE_MENU: 15}
IN_SERVERS, WITH_USERS = 0, 1  # integration types: how an application is installed
MAX_CHARACTERS = 8000  # names, descriptions and values of one command
MAX_CREATES = 200  # a day and scope
DAY = 24 * 60 * 60  # seconds
NAME = re.compile(r"[-_'\w]{1,32}")


class Commands:
    """What the bot has registered, globally and by server."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.created_at: dict[str | None, list[float]] = {}  # scope → when new names appeared

    def listed(self, guild_id: str | None) -> list[Command]:
        return [one for one in self.world.commands.values() if one.guild_id == guild_id]

    def get(self, command_id: str, guild_id: str | None) -> Command:
        command = self.world.commands.get(command_id)
        if command is None or command.guild_id != guild_id:
            raise UnknownCommand
        return command

    def replace_all(self, bodies: Any, guild_id: str | None) -> list[Command]:
        """PUT: exactly these commands from now on; those of the same name keep their id."""
        raw: list[Any] = parse(list[Any], bodies or [])
        forms = [self.checked(body, at=(index,)) for index, body in enumerate(raw)]
        refuse(*same_names(forms))
        check_counts(forms)
        before = {(one.type, one.name): one for one in self.listed(guild_id)}
        self.count_creates(guild_id, [form for form in forms if key(form) not in before])
        for command in before.values():
            del self.world.commands[command.id]
        return [self.store(form, before.get(key(form)), guild_id) for form in forms]

    def upsert(self, body: Any, guild_id: str | None) -> Command:
        """POST: a new command, or the one of that name changed."""
        form = self.checked(body, at=())
        before = {(one.type, one.name): one for one in self.listed(guild_id)}
        if key(form) not in before:
            others = [self.as_form(one) for one in before.values()]
            check_counts([*others, form])
            self.count_creates(guild_id, [form])
        return self.store(form, before.get(key(form)), guild_id)

    def change(self, command: Command, body: Any) -> Command:
        """PATCH: some fields of one command."""
        changes: Json = parse(dict[str, Any], body)
        merged = command.body | {"name": command.name} | changes | {"type": command.type}
        return self.store(self.checked(merged, at=()), command, command.guild_id)

    def remove(self, command: Command) -> None:
        del self.world.commands[command.id]

    def checked(self, body: Any, *, at: Path) -> CommandForm:
        form: CommandForm = parse(CommandForm, body, at=at)
        refuse(*broken_rules(form, at))
        return form

    def as_form(self, command: Command) -> CommandForm:
        form: CommandForm = parse(
            CommandForm, command.body | {"name": command.name, "type": command.type}
        )
        return form

    def store(self, form: CommandForm, before: Command | None, guild_id: str | None) -> Command:
        body = stored_body(form, guild_id)
        version = self.world.snowflakes.next()
        if before and before.body == body:
            version = before.version
        command = Command(
            id=before.id if before else self.world.snowflakes.next(),
            version=version,
            type=form.type,
            name=form.name,
            body=body,
            guild_id=guild_id,
        )
        self.world.commands[command.id] = command
        return command

    def count_creates(self, guild_id: str | None, new: Sequence[CommandForm]) -> None:
        now = self.world.clock.now()
        recent = [at for at in self.created_at.get(guild_id, ()) if at > now - DAY]
        if len(recent) + len(new) > MAX_CREATES:
            raise TooManyCommandCreates
        self.created_at[guild_id] = recent + [now] * len(new)

    def usable(self, user_id: str, channel: Channel) -> list[Command]:
        """The commands Discord's client would offer a person in a channel."""
        granted = permissions_in(self.world.guild_of(channel), channel, user_id)
        if not granted & USE_APPLICATION_COMMANDS:
            return []
        found: dict[tuple[int, str], Command] = {}
        for scope in (None, channel.guild_id):
            for command in self.listed(scope):
                if self.owners(command, user_id, channel) and self.fits(command, channel, granted):
                    found[command.type, command.name] = command
        return list(found.values())

    def owners(self, command: Command, user_id: str, channel: Channel) -> dict[str, str]:
        """Discord's authorizing_integration_owners: through whom a command is in a place."""
        kinds = command.body["integration_types"]
        owners = {}
        if IN_SERVERS in kinds and self.world.is_bot_in(channel):
            owners["0"] = channel.guild_id or "0"
        if WITH_USERS in kinds and user_id in self.world.application.installed_by:
            owners["1"] = user_id
        return owners

    def fits(self, command: Command, channel: Channel, granted: int) -> bool:
        """Whether a command says that it is for such a place, and for people who may so much."""
        body, is_private = command.body, channel.guild_id is None
        if body["contexts"] is not None and self.world.context(channel) not in body["contexts"]:
            return False
        if is_private and not body.get("dm_permission", True):
            return False
        if body["nsfw"] and not channel.is_nsfw:
            return False
        needed = body["default_member_permissions"]
        return needed is None or is_private or bool(granted & int(needed) == int(needed) != 0)


def key(form: CommandForm) -> tuple[int, str]:
    return form.type, form.name


def check_counts(forms: Iterable[CommandForm]) -> None:
    kinds: list[int] = [form.type for form in forms]
    if any(kinds.count(kind) > most for kind, most in MAX_COMMANDS.items()):
        raise TooManyCommands


def same_names(forms: Sequence[CommandForm]) -> Iterator[Problem]:
    seen = set()
    for index, form in enumerate(forms):
        if key(form) in seen:
            sentence = "Application command names must be unique"
            yield (index, "name"), "APPLICATION_COMMANDS_DUPLICATE_NAME", sentence
        seen.add(key(form))


def broken_rules(form: CommandForm, at: Path) -> Iterator[Problem]:
    if form.type != SLASH:
        if form.description:
            sentence = "Context menu commands cannot have description"
            yield (*at, "description"), "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION", sentence
        if form.options:
            sentence = "Context menu commands cannot have options"
            yield (*at, "options"), "APPLICATION_COMMAND_CONTEXT_MENU_OPTIONS", sentence
        return
    if not form.description:
        sentence = "Must be between 1 and 100 in length."
        yield (*at, "description"), "BASE_TYPE_BAD_LENGTH", sentence
    if num_characters(form) > MAX_CHARACTERS:
        sentence = f"Command exceeds maximum size ({MAX_CHARACTERS})"
        yield at, "APPLICATION_COMMAND_TOO_LARGE", sentence
    yield from bad_names(form, at)
    yield from bad_options(form.options or [], at)


def bad_names(named: Any, at: Path) -> Iterator[Problem]:
    sentence = "Command name is invalid"
    names: dict[Path, str] = {("name",): named.name}
    names |= {("name_localizations", k): v for k, v in (named.name_localizations or {}).items()}
    for where, name in names.items():
        if not is_name(name):
            yield (*at, *where), "APPLICATION_COMMAND_INVALID_NAME", sentence


def is_name(name: str) -> bool:
    """Letters (with their marks), digits, - and _, and nothing that has a lowercase of its own."""
    plain = "".join(char for char in name if not unicodedata.category(char).startswith("M"))
    return bool(NAME.fullmatch(plain)) and name == name.lower()


def bad_options(options: Sequence[Any], at: Path) -> Iterator[Problem]:
    names: list[str] = []
    optional_seen = False
    for index, option in enumerate(options):
        place = (*at, "options", index)
        yield from bad_names(option, place)
        if option.name in names:
            sentence = "Option names must be unique"
            yield (*place, "name"), "APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATED", sentence
        names.append(option.name)
        if option.required and optional_seen:
            sentence = "Required options must be placed before non-required options"
            yield place, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", sentence
        optional_seen = optional_seen or not option.required
        if getattr(option, "autocomplete", None) and getattr(option, "choices", None):
            sentence = "Autocomplete cannot be used with choices"
            yield (
                (*place, "autocomplete"),
                "APPLICATION_COMMAND_AUTOCOMPLETE_WITH_CHOICES",
                sentence,
            )
        yield from bad_options(getattr(option, "options", None) or [], place)
    kinds = {option.type in (1, 2) for option in options}
    if len(kinds) > 1:
        sentence = "Sub-command and sub-command group option types are mutually exclusive to others"
        yield (*at, "options"), "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", sentence


def num_characters(node: Any) -> int:
    """A command's size as Discord counts it: names, descriptions and choice values."""
    own = len(node.name) + len(getattr(node, "description", None) or "")
    for choice in getattr(node, "choices", None) or ():
        own += len(choice.name) + len(str(choice.value))
    return own + sum(num_characters(option) for option in getattr(node, "options", None) or ())


def stored_body(form: CommandForm, guild_id: str | None) -> Json:
    permissions = form.default_member_permissions
    body: Json = {
        "name_localizations": form.name_localizations,
        "description": form.description,
        "description_localizations": form.description_localizations,
        "default_member_permissions": None if permissions is None else str(permissions),
        "contexts": form.contexts,
        "integration_types": form.integration_types or [0],
        "nsfw": bool(form.nsfw),
    }
    if guild_id:
        body["guild_id"] = guild_id
    else:
        body["dm_permission"] = form.dm_permission is not False
    if form.options:
        body["options"] = [option.model_dump(exclude_none=True) for option in form.options]
    return body


def require_autocomplete(command: Command, option: Json) -> None:
    """Only an option that says so may ask the bot for suggestions."""
    if not option.get("autocomplete"):
        raise InvalidFormBody(
            [((option["name"],), "AUTOCOMPLETE_NOT_ENABLED", f"/{command.name} suggests nothing.")]
        )
