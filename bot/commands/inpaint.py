"""`/inpaint`: a part of a picture painted anew, or a picture grown beyond its edges."""

from typing import Any, TypeAlias

import discord
from discord import app_commands

from bot.commands.asking import InteractionAsking
from bot.commands.desk import Desk
from bot.commands.inpainting import propose
from bot.commands.options import Command
from bot.commands.picture_options import (
    Prompt,
    Strength,
    Typed,
    from_picture_command,
    inpaint_areas,
    masked_contents,
    outpaint_sides,
    resize_modes,
)
from bot.intake.masks import SIDES, Where
from bot.intake.pictures import offered_file

REGION_LENGTH = 100  # characters
GROWTH_SHARE = 4  # of a model's own side, that a picture grows by where nobody says

Growth: TypeAlias = app_commands.Range[int, 8, 1024]  # pixels
Blur: TypeAlias = app_commands.Range[int, 0, 64]  # pixels
Padding: TypeAlias = app_commands.Range[int, 0, 256]  # pixels

OPTIONAL: dict[str, Any] = {
    "mask": discord.Attachment,
    "region": app_commands.Range[str, 1, REGION_LENGTH],
    "outpaint": str,
    "outpaint_by": Growth,
    "invert": bool,
    "blur": Blur,
    "content": str,
    "area": str,
    "padding": Padding,
    "strength": Strength,
    "resize_mode": str,
}


def inpaint_command(desk: Desk) -> Command:
    """The command, for the models that are configured."""

    async def use(interaction: discord.Interaction[Any], typed: Typed) -> None:
        options = dict(typed)
        offered = offered_file(options.pop("picture"))
        mask = options.pop("mask", None)
        sides = SIDES.get(options.pop("outpaint", ""), ())
        intake = await desk.intake_for(interaction.user.id, interaction.guild_id)
        native_size = intake.native_size(options.get("model"))
        where = Where(
            file=offered_file(mask) if mask else None,
            region=options.pop("region", ""),
            sides=sides,
            pixels=options.pop("outpaint_by", native_size // GROWTH_SHARE),
        )
        await propose(desk, InteractionAsking(desk, interaction), options, offered, where)

    command = from_picture_command(
        desk,
        "inpaint",
        desk.texts("inpaint.description"),
        desk.texts.under("inpaint.options"),
        {"picture": discord.Attachment, "prompt": Prompt},
        OPTIONAL,
        use,
    )
    return app_commands.choices(
        outpaint=outpaint_sides(desk.texts),
        content=masked_contents(desk.texts),
        area=inpaint_areas(desk.texts),
        resize_mode=resize_modes(desk.texts),
    )(command)
