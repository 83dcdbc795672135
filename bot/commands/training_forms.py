"""Forms about a training that has not begun, and what was filled into them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import discord

from bot.commands.forms import filled_in
from bot.errors import Refusal
from bot.intake.training_drafts import TrainingDraft
from bot.intake.training_pictures import MAX_CAPTION
from bot.locales import Texts
from bot.replies.paging import option
from bot.replies.training_previews import CAPTIONS_AT_ONCE, TrainingDraftAction, TrainingDraftId
from pipeline import METHODS, TRAINING_PRESETS, TrainingWish

MAX_FILES = 10  # Discord's limit
MAX_NAME, MAX_SUBJECT, MAX_NUMBERS, MAX_ADVANCED = 64, 60, 200, 1000  # characters
FILES, CAPTION, NUMBERS = "files", "caption", "numbers"
RANGE = re.compile(r"(?P<first>[0-9]{1,4})(?:\s*[-–]\s*(?P<last>[0-9]{1,4}))?")
NAME, METHOD, SUBJECT, PRESET, ADVANCED = "name", "method", "subject", "preset", "advanced"
# As people should meet them: what works best for most first.
SHOWN_METHODS = ("lora", "textual_inversion", "dreambooth", "hypernetwork", "aesthetic")

Field = discord.ui.Item[Any]


class TrainingForms:
    """Builds the forms in one language."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts

    def begin(self, draft: TrainingDraft) -> discord.ui.Modal:
        """Pictures, and all that must be said of them."""
        return self._form(
            draft,
            TrainingDraftAction.BEGIN,
            {
                FILES: _files(),
                NAME: _line("", MAX_NAME, required=True),
                METHOD: self._methods(draft.wish.method),
                SUBJECT: _line("", MAX_SUBJECT),
                PRESET: self._presets(draft.wish.preset),
            },
        )

    def add(self, draft: TrainingDraft) -> discord.ui.Modal:
        """Further pictures."""
        return self._form(draft, TrainingDraftAction.ADD, {FILES: _files()})

    def remove(self, draft: TrainingDraft) -> discord.ui.Modal:
        """Which of the pictures are not wanted after all."""
        numbers = _line("", MAX_NUMBERS, required=True)
        return self._form(draft, TrainingDraftAction.REMOVE, {NUMBERS: numbers})

    def change(self, draft: TrainingDraft) -> discord.ui.Modal:
        """All that was said before, to be said otherwise."""
        wish = draft.wish
        return self._form(
            draft,
            TrainingDraftAction.CHANGE,
            {
                NAME: _line(wish.name, MAX_NAME, required=True),
                METHOD: self._methods(wish.method),
                SUBJECT: _line(wish.subject, MAX_SUBJECT),
                PRESET: self._presets(wish.preset),
                ADVANCED: _line(wish.advanced, MAX_ADVANCED, is_long=True),
            },
        )

    def captions(self, draft: TrainingDraft, page: int) -> discord.ui.Modal:
        """What is said of some of the pictures, one field each."""
        form = self._modal(
            TrainingDraftId(draft.id, TrainingDraftAction.CAPTIONS, page), "train.captions_title"
        )
        for number in on_page(draft, page):
            picture = draft.pictures[number]
            field = _line(picture.caption, MAX_CAPTION, is_long=True)
            field.custom_id = f"{CAPTION}{number}"
            label = self._texts("train.caption", number=number + 1)
            form.add_item(
                discord.ui.Label(text=label, description=picture.name[:100], component=field)
            )
        return form

    def _form(
        self, draft: TrainingDraft, action: TrainingDraftAction, fields: Mapping[str, Any]
    ) -> discord.ui.Modal:
        form = self._modal(TrainingDraftId(draft.id, action), "train.title")
        labels = self._texts.under("train.labels")
        descriptions = self._texts.under("train.label_descriptions")
        for name, field in fields.items():
            field.custom_id = name
            form.add_item(
                discord.ui.Label(
                    text=labels[name], description=descriptions.get(name), component=field
                )
            )
        return form

    def _modal(self, form_id: TrainingDraftId, title: str) -> discord.ui.Modal:
        form = discord.ui.Modal(title=self._texts(title), custom_id=form_id.custom_id, timeout=None)
        # Answered by its id alone: discord.py is not to remember it for ever.
        form.stop()
        return form

    def _methods(self, chosen: str) -> discord.ui.Select[Any]:
        names = self._texts.under("train.methods")
        descriptions = self._texts.under("train.method_descriptions")
        return _choice([option(names[it], it, descriptions[it]) for it in SHOWN_METHODS], chosen)

    def _presets(self, chosen: str) -> discord.ui.Select[Any]:
        names = self._texts.under("train.presets")
        descriptions = self._texts.under("train.preset_descriptions")
        presets = [preset.name for preset in TRAINING_PRESETS]
        return _choice([option(names[it], it, descriptions[it]) for it in presets], chosen)


def on_page(draft: TrainingDraft, page: int) -> range:
    """The numbers of the pictures that stand on a page of captions, from 0."""
    first = page * CAPTIONS_AT_ONCE
    return range(first, min(first + CAPTIONS_AT_ONCE, len(draft.pictures)))


def wish_in(interaction: discord.Interaction[Any], wish: TrainingWish) -> TrainingWish:
    """The wish as a form says it; what the form does not ask for is as it was."""
    said = filled_in(interaction)
    known = {NAME, METHOD, SUBJECT, PRESET, ADVANCED} & said.keys()
    changed = replace(wish, **{name: said[name].strip() for name in known})
    if changed.method not in METHODS or changed.preset not in {it.name for it in TRAINING_PRESETS}:
        return wish  # nothing that the form offers
    return changed


def removed_in(interaction: discord.Interaction[Any], count: int) -> set[int]:
    """The numbers of pictures, from 0, that shall go, as in "2, 5-7"; none where it is not asked.

    Raises `Refusal` for any that there is not.
    """
    found: set[int] = set()
    for part in filter(None, re.split(r"[\s,;]*[,;]\s*", filled_in(interaction).get(NUMBERS, ""))):
        match = RANGE.fullmatch(part.strip())
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last <= count:
            raise Refusal("train.no_such_picture", number=part[:20], count=count)
        found |= {*range(first - 1, last)}
    return found


def captions_in(interaction: discord.Interaction[Any]) -> Iterator[tuple[int, str]]:
    """The numbers of pictures, from 0, and what a form says of them."""
    for name, text in filled_in(interaction).items():
        number = name.removeprefix(CAPTION)
        if number != name and number.isdecimal():
            yield int(number), text.strip()


def _choice(options: list[discord.SelectOption], chosen: str) -> discord.ui.Select[Any]:
    for each in options:
        each.default = each.value == chosen
    return discord.ui.Select(options=options)


def _files() -> discord.ui.FileUpload[Any]:
    return discord.ui.FileUpload(required=True, min_values=1, max_values=MAX_FILES)


def _line(
    default: str, max_length: int, required: bool = False, is_long: bool = False
) -> discord.ui.TextInput[Any]:
    return discord.ui.TextInput(
        style=discord.TextStyle.long if is_long else discord.TextStyle.short,
        default=default or None,
        required=required,
        max_length=max_length,
    )
