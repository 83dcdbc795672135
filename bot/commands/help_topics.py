"""What `/help` can tell: texts of the locales, and every command as Discord has it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, TypeAlias

import discord
from discord import app_commands

from bot.commands.desk import Desk
from bot.errors import Refusal, sentence
from bot.jobs.limits import allowance
from bot.locales import Texts
from pipeline import control_rows

MAX_PAGE_LENGTH = 1800  # characters; Discord takes 2,000
# Topics by their keys.
FIRST, LIMITS, CONTROLS, COMMANDS = "start", "limits", "controls", "commands"

Tree: TypeAlias = app_commands.CommandTree[Any]
Command: TypeAlias = app_commands.Command[Any, ..., Any]


@dataclass(frozen=True, slots=True)
class Topic:
    """One thing that is explained."""

    key: str  # a command's is its name, with the slash
    title: str
    pages: Sequence[str]
    picture: bytes | None = None  # WebP


def help_topics(desk: Desk, tree: Tree, roles: frozenset[str]) -> list[Topic]:
    """Everything that can be explained to somebody with these roles."""
    texts = desk.texts
    titles = texts.under("help.titles")
    bodies = texts.under("help.topics") | {LIMITS: _limits(desk, roles), CONTROLS: _controls(texts)}
    told = [
        Topic(key, title, _pages(title, bodies[key].splitlines()), _picture(key))
        for key, title in titles.items()
        if key in bodies
    ]
    overview = [f"**{_name(it)}** {_description(texts, it)}" for it in _commands(tree)]
    all_commands = Topic(COMMANDS, titles[COMMANDS], _pages(titles[COMMANDS], overview))
    return [*told, all_commands, *(_about(texts, it) for it in _commands(tree))]


def _limits(desk: Desk, roles: frozenset[str]) -> str:
    allowed = allowance(desk.limits, roles)
    said = desk.texts(
        "help.limits",
        waiting=_limit(desk.texts, allowed.max_waiting),
        running=_limit(desk.texts, allowed.max_running),
        per_hour=_limit(desk.texts, allowed.max_per_hour),
        work=_limit(desk.texts, allowed.max_work),
        stored=_limit(desk.texts, allowed.max_stored),
    )
    return said + _training_limits(desk, roles)


def _training_limits(desk: Desk, roles: frozenset[str]) -> str:
    """How much of training, or why none."""
    try:
        allowed = desk.training.allowance(roles)
    except Refusal as refusal:
        return f"\n{sentence(refusal, desk.texts, '')}"
    limits = (allowed.max_waiting, allowed.max_running, allowed.max_steps, allowed.max_pictures)
    waiting, running, steps, pictures = (_limit(desk.texts, it) for it in limits)
    return desk.texts(
        "help.training_limits", waiting=waiting, running=running, steps=steps, pictures=pictures
    )


def _limit(texts: Texts, limit: float) -> str:
    return texts("help.no_limit") if math.isinf(limit) else f"{limit:,g}"


def _controls(texts: Texts) -> str:
    """The catalogue that README.md shows as a table: a line for each control."""
    lines = [
        texts("help.control", control=control, where=where, default=default, source=source)
        for control, where, default, source in control_rows()
    ]
    return "\n".join([texts("help.controls"), *lines])


def _commands(tree: Tree) -> list[Command | app_commands.ContextMenu]:
    slash = [it for it in tree.walk_commands() if isinstance(it, app_commands.Command)]
    slash.sort(key=lambda it: it.qualified_name)
    menus = [
        it
        for kind in (discord.AppCommandType.message, discord.AppCommandType.user)
        for it in tree.get_commands(type=kind)
    ]
    return [*slash, *menus]


def _name(command: Command | app_commands.ContextMenu) -> str:
    if isinstance(command, app_commands.ContextMenu):
        return command.name
    return f"/{command.qualified_name}"


def _description(texts: Texts, command: Command | app_commands.ContextMenu) -> str:
    if isinstance(command, app_commands.ContextMenu):
        of_message = command.type is discord.AppCommandType.message
        return texts("help.message_menu" if of_message else "help.user_menu")
    return command.description


def _about(texts: Texts, command: Command | app_commands.ContextMenu) -> Topic:
    lines = [_description(texts, command)]
    if isinstance(command, app_commands.Command):
        for option in command.parameters:
            key = "help.required_option" if option.required else "help.option"
            lines.append(texts(key, name=option.display_name, description=option.description))
    return Topic(_name(command), _name(command), _pages(_name(command), lines))


def _pages(title: str, lines: Sequence[str]) -> list[str]:
    """The lines below their title, on as many pages as they need."""
    pages = [f"## {title}"]
    for line in lines:
        if len(pages[-1]) + len(line) > MAX_PAGE_LENGTH:
            pages.append(f"## {title}")
        pages[-1] += f"\n{line}"
    return pages


@cache
def _picture(key: str) -> bytes | None:
    file = resources.files("bot") / "pictures" / f"{key}.webp"
    return file.read_bytes() if file.is_file() else None
