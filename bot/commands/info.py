"""`/info` and "Read settings": what a picture says of itself, and a button that makes it again.

The answer carries the settings whole, as a text file; the button reads them from there. So it
works for as long as the answer stands, and nothing needs to be kept of pictures that are not ours.
"""

import re
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import discord
from discord import app_commands

from bot.commands.asking import InteractionAsking
from bot.commands.desk import Desk
from bot.commands.options import Command
from bot.commands.turning import Item, usable
from bot.commands.which import accept
from bot.errors import Refusal
from bot.intake.drafts import UnclearDraft
from bot.intake.found_settings import MAX_TEXT_SIZE, fetch, imported, settings_in
from bot.intake.origin import defer
from bot.intake.permissions import check_permissions
from bot.jobs.artifact_resolving import card_of, label
from bot.records.inputs import NO_INPUTS
from bot.replies.found_settings import shown_settings
from bot.replies.paging import view_of
from pipeline import ImportedRequest, InvalidRequest

AGAIN = "info:again"
FILE = "settings.txt"


def info_command(desk: Desk) -> Command:
    """The slash command, for a picture that somebody gives."""

    async def info(interaction: discord.Interaction, picture: discord.Attachment) -> None:
        await _tell(desk, interaction, [picture])

    described = app_commands.describe(**desk.texts.under("info.options"))(info)
    return app_commands.Command(
        name="info", description=desk.texts("info.description"), callback=described
    )


def info_menu(desk: Desk) -> app_commands.ContextMenu:
    """The entry in a message's menu, for the pictures there."""

    async def read(interaction: discord.Interaction, message: discord.Message) -> None:
        if not message.attachments:
            raise Refusal("info.no_pictures")
        await _tell(desk, interaction, message.attachments)

    return app_commands.ContextMenu(name=desk.texts("info.menu"), callback=read)


def info_button(desk: Desk) -> type[discord.ui.DynamicItem[Item]]:
    """The button under settings that were shown."""

    async def make(interaction: discord.Interaction[Any], _: re.Match[str], __: list[str]) -> None:
        assert interaction.message, "a button stands in one"
        check_permissions(interaction, desk.texts)
        origin = await defer(interaction)
        files = [it for it in interaction.message.attachments if it.filename == FILE]
        if not files:
            raise Refusal("info.gone", name=FILE)
        infotext = (await fetch(files[0], MAX_TEXT_SIZE)).decode("utf-8", "replace")
        found = await _imported(desk, interaction, infotext)
        draft = UnclearDraft(request=found.request, descent=None, inputs=NO_INPUTS)
        await accept(desk, InteractionAsking(desk, interaction), origin, draft)

    return usable(desk, AGAIN, make)


async def _imported(
    desk: Desk, interaction: discord.Interaction[Any], infotext: str
) -> ImportedRequest:
    """The request of an infotext, with what whoever asks may use here."""
    user_id, guild_id = interaction.user.id, interaction.guild_id
    intake = await desk.intake_for(user_id, guild_id)
    things = await desk.artifacts.usable(user_id, guild_id)
    learned = [(card_of(it).kind, name) for it in things for name in (it.name, label(it))]
    return await imported(intake, infotext, user_id, learned)


async def _tell(
    desk: Desk, interaction: discord.Interaction[Any], pictures: Sequence[discord.Attachment]
) -> None:
    """Show the settings of each picture to whoever asked, and name those that have none."""
    await interaction.response.defer(ephemeral=True, thinking=True)
    without = []
    for picture in pictures:
        infotext = await settings_in(picture)
        if infotext is None:
            without.append(picture.filename[:100])
        else:
            await _show(desk, interaction, picture.filename, infotext)
    if without:
        names = ", ".join(discord.utils.escape_markdown(name) for name in without)
        await interaction.followup.send(desk.texts("info.none", names=names), ephemeral=True)


async def _show(
    desk: Desk, interaction: discord.Interaction[Any], name: str, infotext: str
) -> None:
    text = infotext.encode("utf-8", "replace")
    buttons: list[discord.ui.Item[Any]] = []
    try:
        notes = (await _imported(desk, interaction, infotext)).notes
        buttons.append(
            discord.ui.Button(
                label=desk.texts("buttons.make_again"),
                style=discord.ButtonStyle.primary,
                custom_id=AGAIN,
            )
        )
    except InvalidRequest as refusal:
        notes = (desk.texts("info.impossible", reason=refusal.message),)
    await interaction.followup.send(
        shown_settings(desk.texts, name, infotext, notes),
        file=discord.File(BytesIO(text[:MAX_TEXT_SIZE]), FILE),
        view=view_of(buttons),
        ephemeral=True,
    )
