"""Pictures small enough for Discord: as few messages as keep them whole, and nobody else waits."""

import asyncio
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.replies import fitting
from bot.replies.fitting import MAX_BODY, Attached, Pictures, groups
from bot.replies.results import file_names


@given(
    sizes=st.dictionaries(st.integers(0, 9), st.integers(1, 2 * MAX_BODY), min_size=1),
    limit=st.integers(1, 2 * MAX_BODY),
)
def test_every_picture_is_in_one_message_and_no_message_has_room_for_the_next(
    sizes: dict[int, int], limit: int
) -> None:
    grouped = groups(sizes, limit)
    assert [index for group in grouped for index in group] == list(sizes)
    totals = [sum(min(sizes[index], limit) for index in group) for group in grouped]
    for group, total in zip(grouped, totals, strict=True):
        assert total <= MAX_BODY or len(group) == 1
    for total, following in zip(totals, grouped[1:], strict=False):
        assert total + min(sizes[following[0]], limit) > MAX_BODY


async def test_while_many_pictures_are_made_smaller_nobody_else_waits_for_a_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = threading.Event()

    def shrink(*_: object) -> bytes:
        done.wait(10)
        return b"small"

    monkeypatch.setattr(fitting, "shrink_to_webp", shrink)
    shrinking = [
        asyncio.create_task(Pictures([Attached("7.png", bytes(100))]).within(10)) for _ in range(40)
    ]
    await asyncio.sleep(0)
    try:
        async with asyncio.timeout(5):
            assert await asyncio.to_thread(int) == 0
    finally:
        done.set()
    for [picture] in await asyncio.gather(*shrinking):
        assert (picture.filename, picture.data) == ("7.webp", b"small")


def test_no_two_pictures_of_a_message_share_a_name() -> None:
    assert file_names([7, 8]) == ["7.png", "8.png"]
    assert file_names([7, 7, 7]) == ["7-1.png", "7-2.png", "7-3.png"]
