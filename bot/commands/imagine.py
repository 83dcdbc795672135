"""`/imagine`: Discord's options, nothing else."""

import inspect
from collections.abc import Iterable
from typing import Any, cast

import discord
from discord import app_commands

from bot.commands.desk import Desk
from bot.intake.generation import MAX_COUNT, TypedOptions
from bot.intake.sizes import SHAPES, SQUARE, size_of_shape
from pipeline import MAX_SEED, SAMPLERS, PipelineError

Choices = list[app_commands.Choice[str]]
MAX_CHOICES = 25  # Discord's limit


def imagine_command(desk: Desk) -> app_commands.Command[Any, ..., None]:
    """The command, for the models that are configured."""

    async def imagine(
        interaction: discord.Interaction,
        prompt: app_commands.Range[str, 1, 2000],
        negative_prompt: app_commands.Range[str, 0, 2000] = "",
        size: str = SQUARE,
        steps: app_commands.Range[int, 1, 150] = 20,
        guidance_scale: app_commands.Range[float, 1.0, 30.0] = 7.0,
        sampler: str = SAMPLERS[0].label,
        seed: app_commands.Range[int, 0, MAX_SEED] | None = None,
        count: app_commands.Range[int, 1, MAX_COUNT] = 1,
        model: str | None = None,
    ) -> None:
        typed = TypedOptions(
            prompt=prompt,
            negative_prompt=negative_prompt,
            size=size,
            steps=steps,
            guidance_scale=guidance_scale,
            sampler=sampler,
            seed=seed,
            count=count,
            model=model,
        )
        # Reading takes no time worth mentioning, and what is refused stays between the two.
        await desk.hand_in(interaction, desk.intake.request(typed, interaction.user.id))

    options = desk.texts.under("imagine.options")
    if len(desk.intake.models) == 1:
        # Nothing to choose: discord.py reads the options from the signature.
        signature = inspect.signature(imagine)
        kept = [it for it in signature.parameters.values() if it.name != "model"]
        cast(Any, imagine).__signature__ = signature.replace(parameters=kept)
        del options["model"]
    command: app_commands.Command[Any, ..., None] = app_commands.Command(
        name="imagine",
        description=desk.texts("imagine.description"),
        callback=app_commands.describe(**options)(imagine),
    )
    _complete(command, desk)
    return command


def _complete(command: app_commands.Command[Any, ..., None], desk: Desk) -> None:
    async def sizes(interaction: discord.Interaction, typed: str) -> Choices:
        try:
            native_size = desk.intake.native_size(interaction.namespace.model)
        except PipelineError:  # a model half typed: its sizes are not known yet
            native_size = desk.intake.native_size(None)
        names = desk.texts.under("imagine.shapes")
        offered = []
        for shape in SHAPES:
            width, height = size_of_shape(shape, native_size)
            offered.append((f"{names[shape]} {shape} · {width}×{height}", shape))
        return _matching(offered, typed)

    async def samplers(_: discord.Interaction, typed: str) -> Choices:
        labels = [f"{info.label}{end}" for info in SAMPLERS for end in ("", " Karras")]
        return _matching(((label, label) for label in labels), typed)

    async def models(_: discord.Interaction, typed: str) -> Choices:
        return _matching(((name, name) for name in desk.intake.models), typed)

    command.autocomplete("size")(sizes)
    command.autocomplete("sampler")(samplers)
    if command.get_parameter("model"):
        command.autocomplete("model")(models)


def _matching(offered: Iterable[tuple[str, str]], typed: str) -> Choices:
    wanted = typed.casefold().strip()
    return [
        app_commands.Choice(name=name[:100], value=value)
        for name, value in offered
        if wanted in name.casefold()
    ][:MAX_CHOICES]
