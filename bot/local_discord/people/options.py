"""A slash command's options as a person fills them in, checked as Discord's client checks them."""

from dataclasses import dataclass, field
from typing import Any

from bot.local_discord.interactions.refusals import Impossible
from bot.local_discord.people.resolving import Resolver
from bot.local_discord.wire import Json
from bot.local_discord.world import Command

SUBCOMMAND, GROUP, STRING, INTEGER, BOOLEAN = 1, 2, 3, 4, 5
USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = 6, 7, 8, 9, 10, 11
LONGEST_TEXT = 6000


@dataclass
class FilledIn:
    """What goes into an interaction's data, and the name the whole path of subcommands has."""

    full_name: str
    options: list[Json] = field(default_factory=list)


def leaf_options(command: Command, path: list[str]) -> list[Json]:
    """The options that a person fills in, below whatever subcommand the path names."""
    options: list[Json] = command.body.get("options", [])
    for name in path:
        found = next((one for one in options if one["name"] == name and one["type"] <= GROUP), None)
        if found is None:
            raise Impossible(f"/{command.name} has no subcommand `{name}`.")
        options = found.get("options", [])
    if any(one["type"] <= GROUP for one in options):
        names = ", ".join(one["name"] for one in options)
        raise Impossible(f"/{' '.join([command.name, *path])} needs a subcommand: {names}.")
    return options


def fill_in(
    command: Command,
    path: list[str],
    values: Json,
    resolver: Resolver,
    *,
    focused: str | None = None,
) -> FilledIn:
    """The options in Discord's shape; while one is still being typed, nothing is required yet."""
    offered = leaf_options(command, path)
    known = [one["name"] for one in offered]
    if unknown := [name for name in values if name not in known]:
        raise Impossible(f"/{command.name} has no option `{unknown[0]}`.")
    filled: list[Json] = []
    for option in offered:
        name, kind = option["name"], option["type"]
        if name == focused:
            check_focusable(command, option)
            text = str(values.get(name, ""))
            filled.append({"name": name, "type": kind, "value": text, "focused": True})
        elif values.get(name) is not None:
            value = checked(option, values[name], resolver)
            filled.append({"name": name, "type": kind, "value": value})
        elif option.get("required") and focused is None:
            raise Impossible(f"`{name}` is required.")
    return FilledIn(" ".join([command.name, *path]), nested(command, path, filled))


def check_focusable(command: Command, option: Json) -> None:
    if not option.get("autocomplete"):
        raise Impossible(f"`{option['name']}` of /{command.name} suggests nothing.")


def nested(command: Command, path: list[str], filled: list[Json]) -> list[Json]:
    for depth in range(len(path), 0, -1):
        kind = SUBCOMMAND if depth == len(path) else GROUP
        filled = [{"name": path[depth - 1], "type": kind, "options": filled}]
    return filled


def checked(option: Json, value: Any, resolver: Resolver) -> Any:
    """One value, of the option's own type and within its bounds."""
    name = option["name"]
    match option["type"]:
        case kind if kind == STRING:
            return check_text(option, str(value))
        case kind if kind in (INTEGER, NUMBER):
            return check_number(option, value)
        case kind if kind == BOOLEAN:
            if not isinstance(value, bool):
                raise Impossible(f"`{name}` is either true or false.")
            return value
        case kind:
            return resolver.add(kind, str(value), name)


def check_text(option: Json, text: str) -> str:
    name = option["name"]
    check_choice(option, text)
    least, most = option.get("min_length", 0), option.get("max_length", LONGEST_TEXT)
    if not least <= len(text) <= most:
        raise Impossible(f"`{name}` takes {least} to {most} characters; these are {len(text)}.")
    if not text and option.get("required"):
        raise Impossible(f"`{name}` is required.")
    return text


def check_number(option: Json, value: Any) -> int | float:
    name, is_integer = option["name"], option["type"] == INTEGER
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Impossible(f"`{name}` must be a number.")
    if is_integer and value != int(value):
        raise Impossible(f"`{name}` must be a whole number.")
    number = int(value) if is_integer else float(value)
    check_choice(option, number)
    # Discord's client can hold no larger whole number exactly.
    least = option.get("min_value", -(2**53) + 1)
    most = option.get("max_value", 2**53 - 1)
    if not least <= number <= most:
        raise Impossible(f"`{name}` must be from {least} to {most}.")
    return number


def check_choice(option: Json, value: Any) -> None:
    choices = option.get("choices")
    if choices and value not in [choice["value"] for choice in choices]:
        names = ", ".join(choice["name"] for choice in choices)
        raise Impossible(f"`{option['name']}` must be one of: {names}.")
