"""Showing the latest of many states, no faster than Discord allows.

It knows neither messages nor jobs, only that showing takes time and may be left out.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

logger = logging.getLogger(__name__)

State = TypeVar("State")

INTERVAL = 1.5  # seconds between two edits of one message
PATIENCE = 2.0  # seconds for an edit in flight to end, so that it cannot land on a later one


class Pacer(Generic[State]):
    """Shows states one at a time; of those that come too fast, the last."""

    def __init__(
        self, show: Callable[[State], Awaitable[None]], interval: float | None = None
    ) -> None:
        self._show = show
        self._interval = INTERVAL if interval is None else interval
        self._latest: State | None = None
        self._in_flight = False
        self._next_at = 0.0
        self._task: asyncio.Task[None] | None = None

    def offer(self, state: State) -> None:
        """Show this, now or soon, unless something newer comes first."""
        self._latest = state
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Show nothing more; when this returns, nothing is under way."""
        self._latest = None
        if self._task is None:
            return
        if self._in_flight:
            await asyncio.wait({self._task}, timeout=PATIENCE)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._task = None

    async def _run(self) -> None:
        clock = asyncio.get_running_loop()
        while self._latest is not None:
            await asyncio.sleep(max(0.0, self._next_at - clock.time()))
            state, self._latest = self._latest, None
            self._in_flight = True
            try:
                await self._show(state)
            except Exception:
                # Progress is a courtesy: what follows it is not to suffer.
                logger.exception("a state could not be shown")
            finally:
                self._in_flight = False
                self._next_at = clock.time() + self._interval
