"""The modal behind "Edit", and what somebody sent in with it, however long ago it was opened."""

from collections.abc import Mapping
from typing import Any

import discord

from bot.commands.forms import filled_in
from bot.intake.edits import FIELDS
from bot.locales import Texts

MAX_PROMPT = 2000  # characters; a field takes up to 4,000
LONG = {"prompt", "negative_prompt"}
REQUIRED = {"prompt", "size"}


def edit_modal(
    custom_id: str, filled_in: Mapping[str, str], texts: Texts, title: str = "edit.title"
) -> discord.ui.Modal:
    """A modal with a field for each text; its id says what it is about."""
    modal = discord.ui.Modal(title=texts(title), custom_id=custom_id, timeout=None)
    labels, descriptions = texts.under("edit.labels"), texts.under("edit.descriptions")
    for name in FIELDS:
        field: discord.ui.TextInput[Any] = discord.ui.TextInput(
            custom_id=name,
            style=discord.TextStyle.long if name in LONG else discord.TextStyle.short,
            default=filled_in[name] or None,
            required=name in REQUIRED,
            max_length=MAX_PROMPT,
        )
        modal.add_item(
            discord.ui.Label(text=labels[name], description=descriptions.get(name), component=field)
        )
    # Answered by its id alone: discord.py is not to remember it, or whoever closed it, for ever.
    modal.stop()
    return modal


def written(interaction: discord.Interaction[Any]) -> dict[str, str]:
    """What stands in the fields of a modal that was sent in; nothing for one that is missing."""
    found = filled_in(interaction)
    return {name: found.get(name, "") for name in FIELDS}
