"""Commands that take a picture, and otherwise the options of `/imagine`."""

import inspect
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, TypeAlias, cast

import discord
from discord import app_commands

from bot.commands.desk import Desk
from bot.commands.options import (
    Choices,
    Command,
    Count,
    GuidanceScale,
    NegativePrompt,
    Steps,
    picture_command,
)
from bot.locales import Texts
from pipeline import MAX_SEED

Prompt: TypeAlias = app_commands.Range[str, 1, 2000]
Strength: TypeAlias = app_commands.Range[float, 0.0, 1.0]
Typed: TypeAlias = Mapping[str, Any]
"""What somebody typed, by the names of options; None or nothing where they left one out."""
Use: TypeAlias = Callable[[discord.Interaction[Any], Typed], Awaitable[None]]

# Of `/imagine`, in its order; all of them may be left out.
SHARED: Mapping[str, Any] = {
    "negative_prompt": NegativePrompt,
    "size": str,
    "steps": Steps,
    "guidance_scale": GuidanceScale,
    "sampler": str,
    "seed": app_commands.Range[int, 0, MAX_SEED],
    "count": Count,
    "model": str,
    "preset": str,
    "advanced": str,
}


def from_picture_command(
    desk: Desk,
    name: str,
    description: str,
    described: Mapping[str, str],
    required: Mapping[str, Any],
    optional: Mapping[str, Any],
    use: Use,
    shared: Collection[str] = tuple(SHARED),
) -> Command:
    """A command whose own options, by name and type, come before those `shared` with `/imagine`.

    `described` are its own options, and those of `/imagine` that mean something else here.
    """

    async def callback(interaction: discord.Interaction, **typed: Any) -> None:
        await use(interaction, {option: it for option, it in typed.items() if it is not None})

    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [
        inspect.Parameter("interaction", kind, annotation=discord.Interaction),
        *(inspect.Parameter(it, kind, annotation=type_) for it, type_ in required.items()),
        *(
            inspect.Parameter(it, kind, annotation=type_ | None, default=None)
            for it, type_ in {**optional, **SHARED}.items()
            if it in optional or it in shared
        ),
    ]
    # discord.py reads the options from the signature.
    cast(Any, callback).__signature__ = inspect.Signature(parameters)
    command = picture_command(desk, name, description, callback)
    usual = {it.name: it.description for it in command.parameters}
    return app_commands.describe(**{**usual, **described})(command)


def resize_modes(texts: Texts) -> Choices:
    """The ways in which a picture comes to another size."""
    return _choices(texts.under("img2img.resize_modes"))


def masked_contents(texts: Texts) -> Choices:
    """What repainting starts from."""
    return _choices(texts.under("inpaint.contents"))


def outpaint_sides(texts: Texts) -> Choices:
    """To where a picture may grow."""
    return _choices(texts.under("inpaint.sides"))


def inpaint_areas(texts: Texts) -> Choices:
    """What of a picture the model is shown."""
    return _choices(texts.under("inpaint.areas"))


def _choices(names: Mapping[str, str]) -> Choices:
    return [app_commands.Choice(name=name, value=value) for value, name in names.items()]
