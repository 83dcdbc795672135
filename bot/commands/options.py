"""Options that several commands share: their bounds, and what is suggested while one types."""

import asyncio
import inspect
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, TypeAlias

import discord
from discord import app_commands

from bot.commands.desk import Desk
from bot.intake.advanced import AESTHETIC_KEY, completions
from bot.intake.generation import MAX_COUNT
from bot.intake.sizes import SHAPES, size_of_shape
from pipeline import PRESETS, SAMPLERS, PipelineError

Command: TypeAlias = app_commands.Command[Any, ..., None]
Choices: TypeAlias = list[app_commands.Choice[str]]
Complete: TypeAlias = Callable[[discord.Interaction[Any], str], Coroutine[Any, Any, Choices]]

NegativePrompt: TypeAlias = app_commands.Range[str, 0, 2000]
Steps: TypeAlias = app_commands.Range[int, 1, 150]
GuidanceScale: TypeAlias = app_commands.Range[float, 1.0, 30.0]
Count: TypeAlias = app_commands.Range[int, 1, MAX_COUNT]

MAX_CHOICES = 25  # Discord's limit
MAX_CHOICE_LENGTH = 100  # characters of its name, and of its value


def picture_command(
    desk: Desk, name: str, description: str, callback: Callable[..., Coroutine[Any, Any, None]]
) -> Command:
    """A command with `/imagine`'s options, or some of them, all described and completed."""
    parameters = inspect.signature(callback).parameters.values()
    offered = {it.name for it in parameters}
    texts = desk.texts.under("imagine.options")
    described = {option: text for option, text in texts.items() if option in offered}
    command: Command = app_commands.Command(
        name=name,
        description=description,
        callback=app_commands.describe(**described)(callback),
    )
    for option, complete in _completions(desk).items():
        if option in offered:
            command.autocomplete(option)(complete)
    return command


def _completions(desk: Desk) -> dict[str, Complete]:
    async def sizes(interaction: discord.Interaction, typed: str) -> Choices:
        intake = await desk.intake_for(interaction.user.id, interaction.guild_id)
        try:
            native_size = intake.native_size(str(interaction.namespace.model or ""))
        except PipelineError:  # a model half typed: its sizes are not known yet
            native_size = desk.intake.native_size(None)
        names = desk.texts.under("imagine.shapes")
        offered = []
        for shape in SHAPES:
            width, height = size_of_shape(shape, native_size)
            offered.append((f"{names[shape]} {shape} · {width}×{height}", shape))
        return matching(offered, typed)

    async def samplers(_: discord.Interaction, typed: str) -> Choices:
        # Every sampler fits into what is shown before anything is typed; typing finds the rest.
        labels = [f"{info.label}{end}" for end in ("", " Karras") for info in SAMPLERS]
        return matching(((label, label) for label in labels), typed)

    async def models(interaction: discord.Interaction, typed: str) -> Choices:
        intake = await desk.intake_for(interaction.user.id, interaction.guild_id)
        others = [name for name in intake.models if name not in desk.intake.models]
        return matching(((name, name) for name in [*desk.intake.models, *others]), typed)

    async def presets(_: discord.Interaction, typed: str) -> Choices:
        return matching(((preset.name, preset.name) for preset in PRESETS), typed)

    async def advanced(interaction: discord.Interaction, typed: str) -> Choices:
        model = str(interaction.namespace.model or "") or None
        names = await desk.artifacts.names(interaction.user.id, interaction.guild_id, model)
        ours = await asyncio.to_thread(desk.intake.adapters)
        more = {AESTHETIC_KEY: [*names.of_kind("aesthetic"), *ours.aesthetic]}
        return matching(((line, line) for line in completions(typed, more)), "")

    return {
        "size": sizes,
        "sampler": samplers,
        "model": models,
        "preset": presets,
        "advanced": advanced,
    }


def matching(offered: Iterable[tuple[str, str]], typed: str) -> Choices:
    """Those of some names and values that have every typed word in their name.

    Never more than Discord takes; those that begin as typed come first.
    """
    wanted = typed.casefold().strip()
    found = [
        (name, value)
        for name, value in offered
        if 0 < len(value) <= MAX_CHOICE_LENGTH
        and all(it in name.casefold() for it in wanted.split())
    ]
    found.sort(key=lambda it: not it[0].casefold().startswith(wanted))
    return [
        app_commands.Choice(name=name[:MAX_CHOICE_LENGTH], value=value)
        for name, value in found[:MAX_CHOICES]
    ]
