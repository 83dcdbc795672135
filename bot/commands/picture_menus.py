"""What can be done with the pictures of a message, from its menu.

A menu brings along what stands in a message, even where Discord hides it otherwise; it is kept
until the form that opens is sent in, whenever that is.
"""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import discord
from discord import app_commands

from bot.commands.desk import Desk
from bot.commands.from_picture import pictures_of
from bot.commands.picture_forms import PictureForms
from bot.commands.upscaling import upscale
from bot.errors import Refusal
from bot.intake.permissions import check_permissions
from bot.intake.pictures import Offered
from bot.replies.previews import DraftAction, DraftId

Interaction: TypeAlias = discord.Interaction[Any]
Use: TypeAlias = Callable[[Interaction, list[Offered]], Awaitable[None]]


def picture_menus(desk: Desk) -> list[app_commands.ContextMenu]:
    """All of them."""
    forms = PictureForms(desk.texts)

    async def image_to_image(interaction: Interaction, pictures: list[Offered]) -> None:
        custom_id = await _kept(desk, interaction, pictures, DraftAction.IMG2IMG)
        await interaction.response.send_modal(forms.image_to_image(custom_id, pictures))

    async def inpaint(interaction: Interaction, pictures: list[Offered]) -> None:
        custom_id = await _kept(desk, interaction, pictures, DraftAction.INPAINT)
        await interaction.response.send_modal(forms.inpaint(custom_id, pictures))

    async def make_larger(interaction: Interaction, pictures: list[Offered]) -> None:
        if len(pictures) == 1:
            await upscale(desk, interaction, {}, pictures[0])
            return
        custom_id = await _kept(desk, interaction, pictures, DraftAction.UPSCALE)
        await interaction.response.send_modal(forms.which(custom_id, pictures))

    return [
        _menu(desk, desk.texts("img2img.menu"), image_to_image),
        _menu(desk, desk.texts("inpaint.menu"), inpaint),
        _menu(desk, desk.texts("upscale.menu"), make_larger),
    ]


def _menu(desk: Desk, name: str, use: Use) -> app_commands.ContextMenu:
    async def callback(interaction: discord.Interaction, message: discord.Message) -> None:
        check_permissions(interaction, desk.texts)
        pictures = await pictures_of(desk, message)
        if not pictures:
            raise Refusal("info.no_pictures")
        await use(interaction, pictures)

    return app_commands.ContextMenu(name=name, callback=callback)


async def _kept(
    desk: Desk, interaction: Interaction, pictures: list[Offered], action: DraftAction
) -> str:
    draft_id = await desk.drafts.offer(interaction.user.id, pictures)
    return DraftId(draft_id, action).custom_id
