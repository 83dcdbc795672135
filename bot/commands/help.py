"""`/help`: what can be done, topic by topic and command by command."""

import re
from io import BytesIO
from typing import Any, cast

import discord
from discord import app_commands
from discord.ext import commands

from bot.commands.desk import Desk
from bot.commands.help_topics import FIRST, Topic, Tree, help_topics
from bot.commands.options import Choices, Command, matching
from bot.commands.turning import Item, only, usable
from bot.errors import Refusal
from bot.intake.origin import roles_of
from bot.replies.paging import (
    MAX_PAGE,
    Page,
    option,
    page_buttons,
    page_of,
    paged_select,
    turned_to,
    view_of,
)

PAGE, CHOICE = "help:page", "help:topic"
# The select's page, and the topic that is shown while another is looked for.
CHOOSE = CHOICE + r":(?P<shown>.{1,66}):(?P<page>[0-9]{1,6})"
TURN = PAGE + r":(?P<page>[0-9]{1,6}):(?P<shown>.{1,66})"


def help_command(desk: Desk) -> Command:
    """The command."""

    async def help_about(interaction: discord.Interaction, topic: str = FIRST) -> None:
        known = _topics(desk, interaction)
        shown = _find(known, topic)
        await interaction.response.send_message(
            shown.pages[0], files=_files(shown), view=_view(desk, known, shown, 0), ephemeral=True
        )

    async def topics(interaction: discord.Interaction, typed: str) -> Choices:
        known = _topics(desk, interaction)
        return matching(((topic.title, topic.key) for topic in known), typed)

    command: Command = app_commands.Command(
        name="help",
        description=desk.texts("help.description"),
        callback=app_commands.describe(topic=desk.texts("help.topic"))(help_about),
    )
    command.autocomplete("topic")(topics)
    return command


def help_items(desk: Desk) -> list[type[discord.ui.DynamicItem[Item]]]:
    """What can be used below a topic."""

    async def turn(
        interaction: discord.Interaction[Any], match: re.Match[str], _: list[str]
    ) -> None:
        known = _topics(desk, interaction)
        shown = _find(known, match["shown"])
        page = page_of(shown.pages, int(match["page"]), 1)
        await interaction.response.edit_message(
            content=page.items[0], view=_view(desk, known, shown, page.number)
        )

    async def choose(
        interaction: discord.Interaction[Any], match: re.Match[str], values: list[str]
    ) -> None:
        value = only(values)
        select_page = turned_to(value)
        known = _topics(desk, interaction)
        if select_page is not None:
            shown = _find(known, match["shown"])
            view = _view(desk, known, shown, 0, select_page)
            await interaction.response.edit_message(view=view)
            return
        shown = _find(known, value)
        await interaction.response.edit_message(
            content=shown.pages[0],
            attachments=_files(shown),
            view=_view(desk, known, shown, 0, int(match["page"])),
        )

    return [usable(desk, TURN, turn), usable(desk, CHOOSE, choose)]


def _topics(desk: Desk, interaction: discord.Interaction[Any]) -> list[Topic]:
    tree = cast(Tree, cast(commands.Bot, interaction.client).tree)
    return help_topics(desk, tree, roles_of(interaction.user))


def _find(topics: list[Topic], key: str) -> Topic:
    wanted = key.casefold().strip()
    for topic in topics:
        if wanted in (topic.key.casefold(), topic.title.casefold()):
            return topic
    raise Refusal("help.no_topic", topic=key[:50])


def _files(topic: Topic) -> list[discord.File]:
    if topic.picture is None:
        return []
    return [discord.File(BytesIO(topic.picture), "help.webp", description=topic.title)]


def _view(
    desk: Desk, known: list[Topic], shown: Topic, number: int, select_page: int = 0
) -> discord.ui.View:
    options = [option(topic.title, topic.key) for topic in known]
    select = paged_select(
        f"{CHOICE}:{shown.key}",
        desk.texts("help.more"),
        page_of(options, select_page, MAX_PAGE),
        desk.texts,
    )
    page = Page(shown.pages, number, len(shown.pages))
    return view_of([select, *page_buttons(PAGE, page, desk.texts, f":{shown.key}")])
