"""Long lists: every item has its page, and Discord's limits never show."""

import re

from hypothesis import example, given
from hypothesis import strategies as st

from bot.commands.help import CHOOSE
from bot.commands.history import MAX_WORDS, TURN
from bot.locales import read_texts
from bot.replies.paging import (
    MAX_PAGE,
    num_pages_of,
    option,
    page_buttons,
    page_of,
    paged_select,
    turned_to,
)

TEXTS = read_texts()


@given(num_items=st.integers(0, 200), size=st.integers(1, 30))
def test_every_item_stands_on_one_page(num_items: int, size: int) -> None:
    items = list(range(num_items))
    pages = [page_of(items, number, size) for number in range(num_pages_of(num_items, size))]
    assert [item for page in pages for item in page.items] == items
    assert [page.number for page in pages] == list(range(len(pages)))
    assert [page.has_next for page in pages] == [True] * (len(pages) - 1) + [False]


@given(number=st.integers(), num_items=st.integers(0, 100))
def test_a_page_that_is_not_there_is_the_nearest_that_is(number: int, num_items: int) -> None:
    page = page_of(list(range(num_items)), number, 9)
    assert 0 <= page.number < page.num_pages
    assert bool(page.items) == bool(num_items)


async def test_a_select_of_any_number_of_options_leads_to_each_of_them() -> None:
    options = [option(f"option {number}", str(number)) for number in range(100)]
    found: list[str] = []
    number: int | None = 0
    while number is not None:
        select = paged_select("of:many", "?", page_of(options, number, MAX_PAGE), TEXTS)
        assert select.custom_id == f"of:many:{number}"
        assert len(select.options) <= 25
        turns = [turned_to(it.value) for it in select.options]
        found += [it.value for it in select.options if turned_to(it.value) is None]
        assert (number - 1 in turns) is (number > 0)
        number = number + 1 if number + 1 in turns else None
    assert found == [it.value for it in options]


async def test_one_page_needs_no_buttons_and_the_ends_lead_nowhere() -> None:
    assert page_buttons("a", page_of([1], 0, 9), TEXTS) == []
    before, after = page_buttons("a", page_of(list(range(20)), 2, 9), TEXTS, ":b")
    assert (before.custom_id, before.disabled) == ("a:1:b", False)
    assert after.disabled


@given(value=st.text(max_size=100) | st.from_regex(r"page:.{0,90}", fullmatch=True))
def test_a_value_from_anywhere_is_a_page_or_an_option(value: str) -> None:
    assert turned_to(value) is None or value.startswith("page:")


@given(
    words=st.text(max_size=MAX_WORDS).map(lambda it: " ".join(it.split())),
    seed=st.none() | st.integers(0, 2**32 - 1),
    page=st.integers(0, 99_999),
)
@example(words="🎨" * MAX_WORDS, seed=2**32 - 1, page=99_999)
def test_whatever_is_looked_for_is_read_back_from_the_buttons_id(
    words: str, seed: int | None, page: int
) -> None:
    if not words.isprintable():
        return
    custom_id = f"history:page:{page}:1:{'' if seed is None else seed}:{words}"
    match = re.fullmatch(TURN, custom_id)
    assert match
    assert (int(match["page"]), match["words"]) == (page, words)
    assert match["seed"] == ("" if seed is None else str(seed))
    # As Discord counts: a sign outside the basic plane is two.
    assert len(custom_id.encode("utf-16-le")) // 2 <= 100


@given(key=st.text(min_size=1, max_size=66).filter(str.isprintable), page=st.integers(0, 999))
def test_a_topic_is_read_back_from_the_selects_id(key: str, page: int) -> None:
    match = re.fullmatch(CHOOSE, f"help:topic:{key}:{page}")
    assert match
    assert (match["shown"], match["page"]) == (key, str(page))
