"""Buttons whose ids carry their job, so that they work for as long as their message stands.

How they look; what happens when one is pressed is a command's business.
"""

from enum import StrEnum
from typing import Any

import discord

from bot.locales import Texts

CUSTOM_ID = r"job:(?P<job_id>[0-9a-f]{24}):(?P<action>again|cancel)"


class Action(StrEnum):
    """What a button does to its job."""

    AGAIN = "again"
    CANCEL = "cancel"


STYLES = {
    Action.AGAIN: discord.ButtonStyle.primary,
    Action.CANCEL: discord.ButtonStyle.secondary,
}


def custom_id(job_id: str, action: Action) -> str:
    """The id by which Discord names the button when somebody presses it."""
    return f"job:{job_id}:{action}"


def job_view(job_id: str, action: Action, texts: Texts) -> discord.ui.View:
    """One button, as part of a message."""
    view = discord.ui.View(timeout=None)
    button: discord.ui.Button[Any] = discord.ui.Button(
        label=texts(f"buttons.{action}"),
        style=STYLES[action],
        custom_id=custom_id(job_id, action),
    )
    view.add_item(button)
    # A stopped view is sent like any other, but discord.py does not remember it for ever.
    view.stop()
    return view


def carries(message: discord.Message, wanted: str) -> bool:
    """Whether a message has a button of that id."""
    return any(
        getattr(component, "custom_id", None) == wanted
        for row in message.components
        for component in getattr(row, "children", ())
    )
