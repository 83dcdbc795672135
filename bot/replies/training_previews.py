"""What is shown of a training before it begins: its pictures, what it would take, and buttons.

The buttons' ids carry their draft, so that they work for as long as their message stands.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from typing import Any

import discord

from bot.errors import sentence
from bot.intake.training import Outlook
from bot.intake.training_drafts import TrainingDraft
from bot.locales import Counted, Texts
from bot.replies.contact_sheet import contact_sheet
from bot.replies.paging import MAX_PAGE, option, page_of, paged_select, view_of
from bot.replies.wording import duration, one_line

FILE = "pictures.webp"
MAX_SHOWN = 60  # pictures; of more, the sheet would be too tall
FEW, NUM_FEW, NUM_MANY = 9, 3, 6  # so many pictures stand in so many columns
CAPTIONS_AT_ONCE = 5  # a form has no room for more
MAX_SENTENCES = 3  # about files that were left out
MAX_LEFT_OUT, MAX_PROBLEM = 200, 400  # characters of a sentence
# Methods that learn all of a picture that no word of its caption accounts for.
LEARN_SURROUNDINGS = frozenset({"lora", "dreambooth", "hypernetwork"})
MAX_NUMBERS = 60  # characters of a list of pictures
UNLIKE = 2.0  # times as wide, to its height, as another picture


class TrainingDraftAction(StrEnum):
    """What a button or a form does with a draft."""

    BEGIN = "begin"
    CONFIRM = "confirm"
    ADD = "add"
    REMOVE = "remove"
    CAPTIONS = "captions"
    CHANGE = "change"
    DISCARD = "discard"


STYLES = {
    TrainingDraftAction.CONFIRM: discord.ButtonStyle.success,
    TrainingDraftAction.ADD: discord.ButtonStyle.secondary,
    TrainingDraftAction.REMOVE: discord.ButtonStyle.secondary,
    TrainingDraftAction.CHANGE: discord.ButtonStyle.secondary,
    TrainingDraftAction.DISCARD: discord.ButtonStyle.secondary,
}
CUSTOM_ID = re.compile(
    rf"train:(?P<draft_id>[0-9a-f]{{24}}):(?P<action>{'|'.join(TrainingDraftAction)})"
    r"(?::(?P<page>[0-9]{1,4}))?\Z"
)


@dataclass(frozen=True, slots=True)
class TrainingDraftId:
    """A button, a select or a form, as its id tells it."""

    draft_id: str
    action: TrainingDraftAction
    page: int | None = None  # of captions

    @property
    def custom_id(self) -> str:
        """The id by which Discord names it when somebody uses it."""
        end = "" if self.page is None else f":{self.page}"
        return f"train:{self.draft_id}:{self.action}{end}"


def read_training_draft_id(custom_id: str) -> TrainingDraftId | None:
    """What an id says; None where it is not one of these."""
    match = CUSTOM_ID.match(custom_id)
    if match is None:
        return None
    page = int(match["page"]) if match["page"] else None
    return TrainingDraftId(match["draft_id"], TrainingDraftAction(match["action"]), page)


def shown_draft(message: discord.Message) -> str | None:
    """The id of the draft that a message is the preview of; None where it is none."""
    for row in message.components:
        for component in getattr(row, "children", ()):
            found = read_training_draft_id(getattr(component, "custom_id", None) or "")
            if found:
                return found.draft_id
    return None


class TrainingPreviews:
    """Builds them in one language."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts

    def text(
        self, draft: TrainingDraft, outlook: Outlook, left_out: Sequence[Exception] = ()
    ) -> str:
        """What would be learned, how long that takes, and what speaks against it."""
        texts, wish = self._texts, draft.wish
        lines = [
            texts(
                "train.head",
                name=_plain(wish.name, 80),
                method=texts.under("train.methods")[wish.method],
                pictures=Counted("pictures", len(draft.pictures)),
                preset=texts.under("train.presets")[wish.preset],
                model=_plain(wish.model, 80),
            )
        ]
        if wish.subject:
            lines.append(texts("train.subject", subject=_plain(wish.subject, 80)))
        if outlook.request:
            lines.append(self._time(outlook))
        if draft.pictures:
            told = sum(map(bool, draft.captions))
            lines.append(texts("train.told", told=told, count=len(draft.pictures)))
        lines += [texts("train.hint", hint=hint) for hint in self._hints(draft, outlook)]
        lines += [
            texts("train.left_out", sentence=self._said(it, MAX_LEFT_OUT))
            for it in left_out[:MAX_SENTENCES]
        ]
        if len(left_out) > MAX_SENTENCES:
            lines.append(texts("train.more_left_out", count=len(left_out) - MAX_SENTENCES))
        if outlook.problem:
            lines.append(texts("train.problem", sentence=self._said(outlook.problem, MAX_PROBLEM)))
        lines.append(texts("train.how_to_mend" if outlook.problem else "train.how_on"))
        return "\n".join(lines)

    def confirmed(self, draft: TrainingDraft) -> str:
        """What the message says once the training is accepted."""
        pictures = Counted("pictures", len(draft.pictures))
        return self._texts("train.begun", name=_plain(draft.wish.name, 80), pictures=pictures)

    def _hints(self, draft: TrainingDraft, outlook: Outlook) -> Iterator[str]:
        """What somebody may want to change, although it can be done as it is."""
        pictures = draft.pictures
        for one, other in outlook.look_alikes:
            yield self._texts("train.alike", one=one + 1, other=other + 1)
        if len(pictures) == 1:
            yield self._texts("train.one_picture")
        if draft.wish.method in LEARN_SURROUNDINGS and pictures and not any(draft.captions):
            yield self._texts("train.no_captions")
        shapes = sorted(it.width / it.height for it in pictures)
        if shapes and shapes[-1] > UNLIKE * shapes[0]:
            yield self._texts("train.unlike")
        size = outlook.request.width if outlook.request else 0
        small = [number for number, it in enumerate(pictures, start=1) if it.shorter_side < size]
        if small:
            numbers = one_line(", ".join(map(str, small)), MAX_NUMBERS)
            yield self._texts("train.small", numbers=numbers, size=size)

    def sheet(self, thumbnails: Sequence[bytes]) -> discord.File:
        """The pictures with their numbers, as a file. Takes its time: not for an event loop."""
        num_columns = NUM_FEW if len(thumbnails) <= FEW else NUM_MANY
        webp = contact_sheet(thumbnails[:MAX_SHOWN], num_columns=num_columns)
        return discord.File(BytesIO(webp), FILE, description=self._texts("train.alt_text"))

    def view(self, draft: TrainingDraft, is_possible: bool, page: int = 0) -> discord.ui.View:
        """The buttons below; `page` is of the captions' list."""
        items: list[discord.ui.Item[Any]] = [
            discord.ui.Button(
                label=self._texts(f"train.buttons.{action}"),
                style=style,
                custom_id=TrainingDraftId(draft.id, action).custom_id,
                disabled=action is TrainingDraftAction.CONFIRM and not is_possible,
            )
            for action, style in STYLES.items()
            if draft.pictures or action is not TrainingDraftAction.REMOVE
        ]
        if draft.pictures:
            items.append(self._captions(draft, page))
        return view_of(items)

    def _captions(self, draft: TrainingDraft, page: int) -> discord.ui.Select[Any]:
        """Which pictures' captions somebody wants to write."""
        options = []
        for number, first in enumerate(range(0, len(draft.pictures), CAPTIONS_AT_ONCE)):
            these = draft.pictures[first : first + CAPTIONS_AT_ONCE]
            label = self._texts("train.captions_of", first=first + 1, last=first + len(these))
            told = sum(bool(it.caption) for it in these)
            description = self._texts("train.told_of", told=told, count=len(these))
            options.append(option(label, str(number), description))
        name = TrainingDraftId(draft.id, TrainingDraftAction.CAPTIONS).custom_id
        shown = page_of(options, page, MAX_PAGE)
        return paged_select(name, self._texts("train.buttons.captions"), shown, self._texts)

    def _time(self, outlook: Outlook) -> str:
        assert outlook.request
        key = "train.time" if outlook.is_measured else "train.guessed_time"
        line = self._texts(
            key,
            steps=Counted("steps", outlook.request.num_steps),
            duration=duration(self._texts, outlook.seconds),
            size=f"{outlook.request.width}×{outlook.request.height}",
        )
        if not outlook.num_before:
            return line
        before = Counted("trainings", outlook.num_before)
        return f"{line} {self._texts('train.waits', trainings=before)}"

    def _said(self, error: Exception, length: int) -> str:
        return one_line(sentence(error, self._texts, ""), length)


def _plain(text: str, length: int) -> str:
    return discord.utils.escape_markdown(one_line(text, length))
