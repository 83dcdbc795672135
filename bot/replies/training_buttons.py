"""Buttons whose ids carry their training, so that they work for as long as their message stands."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

import discord

from bot.locales import Texts
from bot.replies.training_reply import Stage


class TrainingAction(StrEnum):
    """What a button, or the form behind it, does to its training."""

    PAUSE = "pause"
    RESUME = "resume"
    FINISH = "finish"
    DISCARD = "discard"
    DISCARD_NOW = "discard_now"
    SAMPLE = "sample"
    STATUS = "status"
    GO_BACK = "go_back"
    USE = "use"


STYLES = {
    TrainingAction.RESUME: discord.ButtonStyle.success,
    TrainingAction.USE: discord.ButtonStyle.success,
    TrainingAction.GO_BACK: discord.ButtonStyle.primary,
    TrainingAction.DISCARD: discord.ButtonStyle.danger,
    TrainingAction.DISCARD_NOW: discord.ButtonStyle.danger,
}
EMOJI = {
    TrainingAction.PAUSE: "⏸️",
    TrainingAction.RESUME: "▶️",
    TrainingAction.FINISH: "🏁",
    TrainingAction.DISCARD: "🗑️",
    TrainingAction.DISCARD_NOW: "🗑️",
    TrainingAction.SAMPLE: "🖼️",
    TrainingAction.STATUS: "🔎",
    TrainingAction.GO_BACK: "⏪",
    TrainingAction.USE: "✨",
}
CUSTOM_ID = re.compile(
    r"training:(?P<training_id>[0-9a-f]{24}):"
    rf"(?P<action>{'|'.join(TrainingAction)})(?::(?P<number>[0-9]{{1,6}}))?\Z"
)


@dataclass(frozen=True, slots=True)
class TrainingButtonId:
    """A button, or a form, as its id tells it."""

    training_id: str
    action: TrainingAction
    number: int | None = None  # of the round whose end it stands under

    @property
    def custom_id(self) -> str:
        """The id by which Discord names it when somebody uses it."""
        end = "" if self.number is None else f":{self.number}"
        return f"training:{self.training_id}:{self.action}{end}"


Buttons: TypeAlias = Sequence[TrainingButtonId]

UNDER = {
    Stage.WAITING: (TrainingAction.PAUSE, TrainingAction.DISCARD),
    Stage.RUNNING: (
        TrainingAction.PAUSE,
        TrainingAction.FINISH,
        TrainingAction.SAMPLE,
        TrainingAction.DISCARD,
    ),
    Stage.PAUSED: (TrainingAction.RESUME, TrainingAction.FINISH, TrainingAction.DISCARD),
}
"""What can be done at each stage."""


def read_training_button_id(custom_id: str) -> TrainingButtonId | None:
    """What an id says; None where it is not one of these."""
    match = CUSTOM_ID.match(custom_id)
    if match is None:
        return None
    number = None if match["number"] is None else int(match["number"])
    return TrainingButtonId(match["training_id"], TrainingAction(match["action"]), number)


def buttons_for(training_id: str, actions: Sequence[TrainingAction]) -> Buttons:
    """One for each action."""
    return [TrainingButtonId(training_id, action) for action in actions]


def training_view(buttons: Buttons, texts: Texts) -> discord.ui.View:
    """The buttons, as part of a message."""
    view = discord.ui.View(timeout=None)
    labels = texts.under("training.buttons")
    for each in buttons:
        button: discord.ui.Button[Any] = discord.ui.Button(
            label=labels[each.action],
            emoji=EMOJI[each.action],
            style=STYLES.get(each.action, discord.ButtonStyle.secondary),
            custom_id=each.custom_id,
        )
        view.add_item(button)
    # A stopped view is sent like any other, but discord.py does not remember it for ever.
    view.stop()
    return view


def training_buttons_of(message: discord.Message) -> Iterator[TrainingButtonId]:
    """The buttons in a message that are about trainings."""
    for row in message.components:
        for component in getattr(row, "children", ()):
            button_id = read_training_button_id(getattr(component, "custom_id", None) or "")
            if button_id:
                yield button_id
