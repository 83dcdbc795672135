"""`/img2img`: a picture made from another picture and words."""

from typing import Any

import discord
from discord import app_commands

from bot.commands.asking import InteractionAsking
from bot.commands.desk import Desk
from bot.commands.from_picture import image_to_image
from bot.commands.options import Command
from bot.commands.picture_options import (
    Prompt,
    Strength,
    Typed,
    from_picture_command,
    resize_modes,
)
from bot.intake.pictures import offered_file


def img2img_command(desk: Desk) -> Command:
    """The command, for the models that are configured."""

    async def use(interaction: discord.Interaction[Any], typed: Typed) -> None:
        options = dict(typed)
        offered = offered_file(options.pop("picture"))
        await image_to_image(desk, InteractionAsking(desk, interaction), options, offered)

    command = from_picture_command(
        desk,
        "img2img",
        desk.texts("img2img.description"),
        desk.texts.under("img2img.options"),
        {"picture": discord.Attachment, "prompt": Prompt},
        {"strength": Strength, "resize_mode": str},
        use,
    )
    return app_commands.choices(resize_mode=resize_modes(desk.texts))(command)
