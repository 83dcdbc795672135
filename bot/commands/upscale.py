"""`/upscale`: any picture, larger."""

from typing import Any, TypeAlias

import discord
from discord import app_commands

from bot.commands.desk import Desk
from bot.commands.options import Choices, Command, matching
from bot.commands.picture_options import Prompt, Strength, Typed, from_picture_command
from bot.commands.upscaling import upscale
from bot.intake.pictures import offered_file

Factor: TypeAlias = app_commands.Range[float, 1.0, 8.0]
SHARED = (
    "negative_prompt",
    "steps",
    "guidance_scale",
    "sampler",
    "seed",
    "model",
    "advanced",
)  # of `/imagine`


def upscale_command(desk: Desk) -> Command:
    """The command, for the models that are configured."""

    async def use(interaction: discord.Interaction[Any], typed: Typed) -> None:
        options = dict(typed)
        offered = offered_file(options.pop("picture"))
        await upscale(desk, interaction, options, offered)

    async def upscalers(_: discord.Interaction, typed: str) -> Choices:
        return matching(((name, name) for name in desk.intake.upscalers), typed)

    command = from_picture_command(
        desk,
        "upscale",
        desk.texts("upscale.description"),
        desk.texts.under("upscale.options"),
        {"picture": discord.Attachment},
        {"factor": Factor, "upscaler": str, "strength": Strength, "prompt": Prompt},
        use,
        shared=SHARED,
    )
    command.autocomplete("upscaler")(upscalers)
    return command
