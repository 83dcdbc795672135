"""Long lists, a page at a time. What page stands there is in the components' own ids.

So a list can be turned after a restart, and Discord's 25 options a select never show.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import discord

from bot.locales import Texts

T = TypeVar("T")

MAX_PAGE = 25 - 2  # options: of those that Discord takes, two lead to the pages around
MAX_LABEL = 100  # characters
TURN = "page:"  # what the value of an option begins with that leads to a page


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items of a list, and where in the list they are."""

    items: Sequence[T]
    number: int  # from 0
    num_pages: int

    @property
    def has_next(self) -> bool:
        return self.number + 1 < self.num_pages


def page_of(items: Sequence[T], number: int, size: int) -> Page[T]:
    """The page of that number, or the last one where the list has become shorter."""
    num_pages = num_pages_of(len(items), size)
    number = max(0, min(number, num_pages - 1))
    return Page(items[number * size : (number + 1) * size], number, num_pages)


def num_pages_of(num_items: int, size: int) -> int:
    """How many pages there are; one even of nothing."""
    return max(1, -(-num_items // size))


def option(label: str, value: str, description: str | None = None) -> discord.SelectOption:
    """An option of a select, its texts cut to what Discord takes."""
    return discord.SelectOption(
        label=label[:MAX_LABEL],
        value=value,
        description=description[:MAX_LABEL] if description else None,
    )


def paged_select(
    name: str, placeholder: str, page: Page[discord.SelectOption], texts: Texts
) -> discord.ui.Select[Any]:
    """A select of one page of options, with further ones that lead to the pages around it.

    Its `custom_id` is `name:page`; its value is an option's own, or `turned_to` reads it.
    """
    shown = list(page.items)
    if page.number:
        shown.insert(0, option(texts("paging.previous"), f"{TURN}{page.number - 1}"))
    if page.has_next:
        shown.append(option(texts("paging.next"), f"{TURN}{page.number + 1}"))
    return discord.ui.Select(
        custom_id=f"{name}:{page.number}", placeholder=placeholder, options=shown
    )


def turned_to(value: str) -> int | None:
    """The page that a select's value leads to; None where it is an option's own."""
    number = value.removeprefix(TURN)
    return int(number) if number != value and number.isdecimal() else None


def page_buttons(
    prefix: str, page: Page[Any], texts: Texts, suffix: str = ""
) -> list[discord.ui.Button[Any]]:
    """Buttons to the pages before and after; none where there is but one page.

    Their ids are `prefix:page` and `suffix`, whatever that says.
    """
    if page.num_pages == 1:
        return []
    return [
        discord.ui.Button(
            label=texts(label),
            custom_id=f"{prefix}:{number}{suffix}",
            disabled=not 0 <= number < page.num_pages,
        )
        for label, number in (
            ("paging.previous", page.number - 1),
            ("paging.next", page.number + 1),
        )
    ]


def view_of(items: Iterable[discord.ui.Item[Any]]) -> discord.ui.View:
    """Components as part of a message that discord.py need not remember."""
    view = discord.ui.View(timeout=None)
    for item in items:
        view.add_item(item)
    view.stop()
    return view
