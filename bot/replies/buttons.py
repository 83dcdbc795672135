"""Buttons whose ids carry their job, so that they work for as long as their message stands.

How they look and what their ids say; what happens when one is pressed is a command's business.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

import discord

from bot.locales import Texts


class Action(StrEnum):
    """What a button does to its job."""

    AGAIN = "again"
    CANCEL = "cancel"
    EDIT = "edit"
    IMG2IMG = "img2img"
    SETTINGS = "settings"
    DELETE = "delete"
    # Of these there is one for each picture.
    VARY_SUBTLE = "vary_subtle"
    VARY_STRONG = "vary_strong"
    UPSCALE = "upscale"
    FAVOURITE = "favourite"


OF_ONE_PICTURE = (Action.UPSCALE, Action.VARY_SUBTLE, Action.VARY_STRONG, Action.FAVOURITE)
FIRST = 0  # index of the picture under which stands what is about all of a job's pictures
OF_ALL = [action for action in Action if action not in OF_ONE_PICTURE]

STYLES = {
    Action.AGAIN: discord.ButtonStyle.primary,
    Action.DELETE: discord.ButtonStyle.danger,
}
# Before the words, so that a row is found at a glance.
EMOJI = {
    Action.AGAIN: "♻️",
    Action.CANCEL: "✖️",
    Action.EDIT: "✏️",
    Action.SETTINGS: "⚙️",
    Action.DELETE: "✖️",
    Action.VARY_SUBTLE: "❇️",
    Action.VARY_STRONG: "⚡",
    Action.UPSCALE: "↗️",
    Action.FAVOURITE: "❤️",
    Action.IMG2IMG: "🖼️",
}
PREFIX = "job:"
# \Z, not $: what is pressed may end in a line break.
CUSTOM_ID = re.compile(
    rf"{PREFIX}(?P<job_id>[0-9a-f]{{24}}):"
    rf"(?:(?P<action>{'|'.join(OF_ALL)})|(?P<of_one>{'|'.join(OF_ONE_PICTURE)}):(?P<index>[0-9]))\Z"
)


@dataclass(frozen=True, slots=True)
class ButtonId:
    """A button, or the modal behind it, as its id tells it."""

    job_id: str
    action: Action
    index: int | None = None  # of the picture, for actions that are about one

    @property
    def custom_id(self) -> str:
        """The id by which Discord names it when somebody uses it."""
        end = "" if self.index is None else f":{self.index}"
        return f"{PREFIX}{self.job_id}:{self.action}{end}"


Rows: TypeAlias = Sequence[Sequence[ButtonId]]


def read_button_id(custom_id: str) -> ButtonId | None:
    """What an id says; None where it is not one of ours."""
    match = CUSTOM_ID.match(custom_id)
    if match is None:
        return None
    if match["of_one"]:
        return ButtonId(match["job_id"], Action(match["of_one"]), int(match["index"]))
    return ButtonId(match["job_id"], Action(match["action"]))


def under_progress(job_id: str) -> Rows:
    """What can be done while there are no pictures yet."""
    return [[ButtonId(job_id, Action.CANCEL)]]


def under_refusal(job_id: str) -> Rows:
    """What can be done where no pictures came."""
    return [[ButtonId(job_id, Action.AGAIN), ButtonId(job_id, Action.EDIT)]]


def under_pictures(job_id: str, indices: Sequence[int]) -> Rows:
    """What can be done with these of a job's pictures; each has buttons of its own.

    What is about all of them stands under the first. Discord shows five rows of five at most.
    """
    again, edit, change, settings, delete = (
        ButtonId(job_id, action)
        for action in (Action.AGAIN, Action.EDIT, Action.IMG2IMG, Action.SETTINGS, Action.DELETE)
    )
    each = [[ButtonId(job_id, action, it) for it in indices] for action in OF_ONE_PICTURE]
    of_all = [again, edit, change, settings, delete] if FIRST in indices else [delete]
    if len(indices) > 1:
        return [*each, of_all]
    [[upscale], [subtle], [strong], [favourite]] = each
    if FIRST in indices:
        return [[again, subtle, strong, upscale, edit], [change, settings, favourite, delete]]
    return [[subtle, strong, upscale, favourite, delete]]


def job_view(rows: Rows, texts: Texts) -> discord.ui.View:
    """The buttons, as part of a message."""
    view = discord.ui.View(timeout=None)
    is_numbered = any(button_id.index for row in rows for button_id in row)
    for number, row in enumerate(rows):
        for button_id in row:
            button: discord.ui.Button[Any] = discord.ui.Button(
                label=_label(button_id, is_numbered, texts),
                emoji=EMOJI[button_id.action],
                style=STYLES.get(button_id.action, discord.ButtonStyle.secondary),
                custom_id=button_id.custom_id,
                row=number,
            )
            view.add_item(button)
    # A stopped view is sent like any other, but discord.py does not remember it for ever.
    view.stop()
    return view


def buttons_of(message: discord.Message, job_id: str) -> Iterator[ButtonId]:
    """The buttons in a message that are about this job."""
    for row in message.components:
        for component in getattr(row, "children", ()):
            button_id = read_button_id(getattr(component, "custom_id", None) or "")
            if button_id and button_id.job_id == job_id:
                yield button_id


def _label(button_id: ButtonId, is_numbered: bool, texts: Texts) -> str:
    if button_id.index is None or not is_numbered:
        return texts(f"buttons.{button_id.action}")
    return texts(f"buttons.one_of_many.{button_id.action}", number=button_id.index + 1)
