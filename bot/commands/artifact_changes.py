"""`/artifact rename` and `delete`: nothing is deleted before it is confirmed."""

import re

import discord

from bot.commands.artifact_info import escaped, show
from bot.commands.artifact_options import Interaction, name_completion, named, subcommand
from bot.commands.desk import Desk
from bot.commands.options import Command
from bot.commands.turning import Item, usable
from bot.errors import Refusal
from bot.replies.paging import view_of

DELETE = "artifact:delete"
PRESSED = DELETE + r":(?P<artifact_id>[0-9a-f]{24})"


def changing_commands(desk: Desk) -> list[Command]:
    """Both commands."""
    commands = [_rename(desk), _delete(desk)]
    for command in commands:
        command.autocomplete("name")(name_completion(desk, only_own=True))
    return commands


def deleting_items(desk: Desk) -> list[type[discord.ui.DynamicItem[Item]]]:
    """The button that deletes for good."""

    async def press(interaction: Interaction, match: re.Match[str], _: list[str]) -> None:
        await interaction.response.defer()
        name = await desk.artifacts.delete(match["artifact_id"], interaction.user.id)
        gone = desk.texts("artifact.delete.gone", name=escaped(name))
        await interaction.edit_original_response(content=gone, view=None)

    return [usable(desk, PRESSED, press)]


def _rename(desk: Desk) -> Command:
    async def rename(interaction: discord.Interaction, name: str, new_name: str) -> None:
        artifact = await named(desk, interaction, name)
        user_id = interaction.user.id
        renamed = await desk.artifacts.rename(artifact.id, user_id, new_name)
        await show(desk, interaction, renamed, desk.texts("artifact.changed"))

    return subcommand(
        "rename",
        desk.texts("artifact.rename.description"),
        desk.texts.under("artifact.rename.options"),
        rename,
    )


def _delete(desk: Desk) -> Command:
    async def delete(interaction: discord.Interaction, name: str) -> None:
        artifact = await named(desk, interaction, name)
        if artifact.owner_id != interaction.user.id:
            raise Refusal("artifact.not_yours")
        button: discord.ui.Button[discord.ui.View] = discord.ui.Button(
            label=desk.texts("artifact.delete.confirm"),
            style=discord.ButtonStyle.danger,
            custom_id=f"{DELETE}:{artifact.id}",
        )
        await interaction.response.send_message(
            desk.texts("artifact.delete.question", name=escaped(artifact.name)),
            view=view_of([button]),
            ephemeral=True,
        )

    return subcommand(
        "delete",
        desk.texts("artifact.delete.description"),
        desk.texts.under("artifact.delete.options"),
        delete,
    )
