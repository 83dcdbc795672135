"""What is shown of a mask before anything is computed: the picture, a sentence, and buttons.

The buttons' ids carry their draft, so that they work for as long as their message stands.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from typing import Any

import discord

from bot.locales import Texts
from bot.replies.paging import view_of
from bot.replies.wording import one_line

MAX_PROMPT = 300  # characters shown
FILE = "mask.webp"


class DraftAction(StrEnum):
    """What a button or a form does with its draft."""

    CONFIRM = "confirm"
    ADJUST = "adjust"
    DISCARD = "discard"
    # Of pictures that a message's menu brought along.
    IMG2IMG = "img2img"
    INPAINT = "inpaint"
    UPSCALE = "upscale"
    KEEP = "keep"  # of files


STYLES = {
    DraftAction.CONFIRM: discord.ButtonStyle.success,
    DraftAction.ADJUST: discord.ButtonStyle.secondary,
    DraftAction.DISCARD: discord.ButtonStyle.secondary,
}
CUSTOM_ID = re.compile(rf"draft:(?P<draft_id>[0-9a-f]{{24}}):(?P<action>{'|'.join(DraftAction)})\Z")


@dataclass(frozen=True, slots=True)
class DraftId:
    """A button, or a form, as its id tells it."""

    draft_id: str
    action: DraftAction

    @property
    def custom_id(self) -> str:
        """The id by which Discord names it when somebody uses it."""
        return f"draft:{self.draft_id}:{self.action}"


def read_draft_id(custom_id: str) -> DraftId | None:
    """What an id says; None where it is not one of these."""
    match = CUSTOM_ID.match(custom_id)
    return DraftId(match["draft_id"], DraftAction(match["action"])) if match else None


def preview_text(texts: Texts, prompt: str, share: float) -> str:
    """What would be made, and of how much of the picture."""
    shown = discord.utils.escape_markdown(one_line(prompt, MAX_PROMPT))
    lines = [texts("job.prompt", prompt=shown)]
    if share == 0:
        lines.append(texts("inpaint.nothing_marked"))
    elif share == 1:
        lines.append(texts("inpaint.all_marked"))
    else:
        lines.append(texts("inpaint.marked", percent=max(1, round(share * 100))))
    return "\n".join(lines)


def preview_file(texts: Texts, webp: bytes) -> discord.File:
    """The picture with its mask, as a file."""
    return discord.File(BytesIO(webp), FILE, description=texts("inpaint.alt_text"))


def preview_view(texts: Texts, draft_id: str) -> discord.ui.View:
    """The buttons below it."""
    buttons: list[discord.ui.Item[Any]] = [
        discord.ui.Button(
            label=texts(f"draft.{action}"),
            style=style,
            custom_id=DraftId(draft_id, action).custom_id,
        )
        for action, style in STYLES.items()
    ]
    return view_of(buttons)
