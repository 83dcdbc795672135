"""Progress is shown no faster than allowed, never after the end, and the last state wins."""

import asyncio

import pytest

from bot.replies import pace
from bot.replies.pace import Pacer


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "INTERVAL", 0.05)
    monkeypatch.setattr(pace, "PATIENCE", 0.05)


async def test_the_first_state_is_shown_at_once_and_then_the_latest() -> None:
    shown: list[tuple[int, float]] = []
    clock = asyncio.get_running_loop().time

    async def show(state: int) -> None:
        shown.append((state, clock()))

    pacer = Pacer(show)
    pacer.offer(0)
    await asyncio.sleep(0.01)
    for state in range(1, 10):
        pacer.offer(state)
    await asyncio.sleep(0.1)
    assert [state for state, _ in shown] == [0, 9]
    assert shown[1][1] - shown[0][1] >= 0.045


async def test_states_are_skipped_while_one_is_in_flight() -> None:
    shown = []
    let_go = asyncio.Event()

    async def show(state: int) -> None:
        shown.append(state)
        await let_go.wait()

    pacer = Pacer(show)
    for state in range(5):
        pacer.offer(state)
        await asyncio.sleep(0.02)
    assert shown == [0]
    let_go.set()
    await asyncio.sleep(0.1)
    assert shown == [0, 4]


async def test_nothing_is_shown_after_the_end_and_what_is_in_flight_comes_first() -> None:
    events = []

    async def show(state: int) -> None:
        await asyncio.sleep(0.02)
        events.append(state)

    pacer = Pacer(show)
    pacer.offer(1)
    await asyncio.sleep(0.01)
    pacer.offer(2)
    await pacer.stop()
    assert events == [1]
    await asyncio.sleep(0.1)
    assert events == [1]


async def test_an_edit_that_hangs_does_not_hold_up_the_result() -> None:
    async def show(_: int) -> None:
        await asyncio.sleep(60)

    pacer = Pacer(show)
    pacer.offer(1)
    await asyncio.sleep(0.01)
    async with asyncio.timeout(1):
        await pacer.stop()


async def test_a_state_that_cannot_be_shown_does_not_stop_the_next(
    caplog: pytest.LogCaptureFixture,
) -> None:
    shown = []

    async def show(state: int) -> None:
        if state == 1:
            raise ZeroDivisionError
        shown.append(state)

    pacer = Pacer(show)
    pacer.offer(1)
    await asyncio.sleep(0.01)
    pacer.offer(2)
    await asyncio.sleep(0.1)
    assert shown == [2]
    assert "could not be shown" in caplog.text
