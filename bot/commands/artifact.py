"""`/artifact`: what one trained or brought along, and what others share."""

import re

import discord
from discord import app_commands

from bot.commands.artifact_changes import changing_commands, deleting_items
from bot.commands.artifact_files import file_commands
from bot.commands.artifact_info import escaped, info_command, shared_with, show
from bot.commands.artifact_options import Interaction, subcommand, summary
from bot.commands.artifact_sharing import sharing_commands, sharing_items
from bot.commands.desk import Desk
from bot.commands.options import Command
from bot.commands.turning import Item, only, usable
from bot.records.models import StoredArtifact
from bot.replies.paging import Page, option, page_buttons, page_of, view_of
from bot.replies.wording import as_many_lines

PAGE_SIZE = 10
MAX_WORDS = 33  # characters; a custom_id has 100
PAGE, SHOW = "artifact:page", "artifact:show"
TURN = PAGE + r":(?P<page>[0-9]{1,6}):(?P<words>.{0,33})"


def artifact_commands(desk: Desk) -> app_commands.Group:
    """The group of commands."""
    group = app_commands.Group(name="artifact", description=desk.texts("artifact.description"))
    for command in (
        _list(desk),
        info_command(desk),
        *sharing_commands(desk),
        *changing_commands(desk),
        *file_commands(desk),
    ):
        group.add_command(command)
    return group


def artifact_items(desk: Desk) -> list[type[discord.ui.DynamicItem[Item]]]:
    """What can be used below what these commands answer."""

    async def turn(interaction: Interaction, match: re.Match[str], _: list[str]) -> None:
        await interaction.response.defer()
        await _answer(desk, interaction, match["words"], int(match["page"]))

    async def choose(interaction: Interaction, _: re.Match[str], values: list[str]) -> None:
        user_id, guild_id = interaction.user.id, interaction.guild_id
        artifact = await desk.artifacts.find(only(values), user_id, guild_id)
        await show(desk, interaction, artifact)

    items = [usable(desk, TURN, turn), usable(desk, SHOW, choose)]
    return [*items, *sharing_items(desk), *deleting_items(desk)]


def _list(desk: Desk) -> Command:
    async def list_artifacts(
        interaction: discord.Interaction,
        words: app_commands.Range[str, 1, MAX_WORDS] | None = None,
    ) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        spoken = "".join(sign for sign in " ".join((words or "").split()) if sign.isprintable())
        await _answer(desk, interaction, spoken[:MAX_WORDS], 0)

    return subcommand(
        "list",
        desk.texts("artifact.list.description"),
        desk.texts.under("artifact.list.options"),
        list_artifacts,
    )


async def _answer(desk: Desk, interaction: Interaction, words: str, number: int) -> None:
    user_id = interaction.user.id
    found = [
        it
        for it in await desk.artifacts.usable(user_id, interaction.guild_id)
        if all(word in summary(desk, it, user_id).casefold() for word in words.casefold().split())
    ]
    if not found:
        nothing = "artifact.list.nothing_found" if words else "artifact.list.nothing_yet"
        await interaction.edit_original_response(content=desk.texts(nothing), view=None)
        return
    page = page_of(found, number, PAGE_SIZE)
    first = page.number * PAGE_SIZE + 1
    head = desk.texts(
        "artifact.list.head", first=first, last=first + len(page.items) - 1, num_found=len(found)
    )
    rows = [_row(desk, it, user_id) for it in page.items]
    await interaction.edit_original_response(
        content=as_many_lines([head, *rows]), view=_view(desk, page, words, user_id)
    )


def _row(desk: Desk, artifact: StoredArtifact, user_id: int) -> str:
    is_own = artifact.owner_id == user_id
    return desk.texts(
        "artifact.list.row",
        summary=escaped(summary(desk, artifact, user_id)),
        whose=shared_with(desk, artifact) if is_own else desk.texts("artifact.list.others"),
    )


def _view(desk: Desk, page: Page[StoredArtifact], words: str, user_id: int) -> discord.ui.View:
    select: discord.ui.Select[discord.ui.View] = discord.ui.Select(
        custom_id=SHOW,
        placeholder=desk.texts("artifact.list.show"),
        options=[option(summary(desk, it, user_id), it.id) for it in page.items],
    )
    return view_of([select, *page_buttons(PAGE, page, desk.texts, f":{words}")])
