"""Telling those who wait how long they still will: at once where it is new, else now and then."""

import asyncio
from collections.abc import Callable, Iterable

from pipeline.results import Waiting
from pipeline.tickets import PictureTicket
from pipeline.training_tickets import TrainingTicket

ANNOUNCEMENT_PAUSE = 1.0  # seconds between two looks at how long the line still takes
NOTICEABLE = 0.1  # part by which a waiting time must change to be worth a word

Foretold = tuple[PictureTicket | TrainingTicket, Waiting]


class Announcements:
    """What is said to a line; `foretell` has all that wait, in their order."""

    def __init__(self, foretell: Callable[[], Iterable[Foretold]]) -> None:
        self._foretell = foretell
        self._next: asyncio.TimerHandle | None = None
        self._last_at = -ANNOUNCEMENT_PAUSE

    def plan(self) -> None:
        """Announce now, or when the last time is long enough ago."""
        if self._next is None:
            self._next = asyncio.get_running_loop().call_at(
                self._last_at + ANNOUNCEMENT_PAUSE, self._announce
            )

    def stop(self) -> None:
        """Say no more."""
        if self._next:
            self._next.cancel()

    def _announce(self) -> None:
        self._next = None
        foretold = list(self._foretell())
        if not foretold:
            return
        for ticket, news in foretold:
            if _is_news(ticket.said, news):
                ticket.tell(news)
        self._last_at = asyncio.get_running_loop().time()
        self.plan()


def _is_news(said: Waiting | None, news: Waiting) -> bool:
    if said is None or said.num_before != news.num_before:
        return True
    if said.seconds is None or news.seconds is None:
        return said.seconds != news.seconds
    return abs(news.seconds - said.seconds) > max(1.0, NOTICEABLE * said.seconds)
