"""Whose turn it is among the waiting: the user who was served least recently.

It orders tickets and knows neither devices nor time.
"""

from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator, Mapping
from heapq import heapify, heappop, heappush
from itertools import count
from types import MappingProxyType
from typing import Generic, TypeVar

from pipeline.tickets import PictureTicket
from pipeline.training_tickets import TrainingTicket

AnyTicket = TypeVar("AnyTicket", bound=PictureTicket | TrainingTicket)

NONE_RUNNING: Mapping[str, int] = MappingProxyType({})
MAX_REMEMBERED = 10_000  # users; those served longest ago are forgotten, and count as never served


class Line(Generic[AnyTicket]):
    """The tickets that wait, first come first served within a user, users taking turns."""

    def __init__(self) -> None:
        self.suspects: deque[AnyTicket] = deque()  # had their turn, and lost their worker
        self._waiting: dict[str, deque[tuple[int, AnyTicket]]] = {}
        self._arrivals = count()
        self._num_turns = 0
        self._served: OrderedDict[str, int] = OrderedDict()  # user → their last turn

    def __len__(self) -> int:
        return len(self.suspects) + sum(len(tickets) for tickets in self._waiting.values())

    def __iter__(self) -> Iterator[AnyTicket]:
        """All that wait, in the order they would be served if nobody else came."""
        yield from self.suspects
        turns, positions = count(self._num_turns + 1), dict.fromkeys(self._waiting, 0)
        heap: list[tuple[int, int, AnyTicket, str]] = [
            (self._served.get(user, 0), *self._waiting[user][0], user) for user in positions
        ]
        heapify(heap)
        while heap:
            _, _, ticket, user = heappop(heap)
            yield ticket
            positions[user] += 1
            if positions[user] < len(self._waiting[user]):
                heappush(heap, (next(turns), *self._waiting[user][positions[user]], user))

    def add(self, ticket: AnyTicket) -> None:
        """Queue a newcomer."""
        tickets = self._waiting.setdefault(ticket.request.user, deque())
        tickets.append((next(self._arrivals), ticket))

    def give_back(self, ticket: AnyTicket) -> None:
        """Queue one that had its turn and lost its worker: before everybody, in order."""
        self.suspects.append(ticket)

    def next(self, num_running: Mapping[str, int] = NONE_RUNNING) -> AnyTicket | None:
        """Whose turn it is, suspects aside.

        Users of whom as many requests are worked on as may be are passed over; `num_running` says
        how many those are.
        """
        free = [
            user
            for user, waiting in self._waiting.items()
            if _may_begin(waiting[0][1], num_running)
        ]
        if not free:
            return None
        user = min(free, key=lambda user: (self._served.get(user, 0), self._waiting[user][0][0]))
        return self._waiting[user][0][1]

    def serve(self, ticket: AnyTicket) -> None:
        """Take a ticket out of the line; if it is no suspect, that was its user's turn."""
        if not ticket.suspect:
            self.remember([ticket.request.user])
        self.remove(ticket)

    def remember(self, served: Iterable[str]) -> None:
        """These users had their turns, in this order."""
        for user in served:
            self._num_turns += 1
            self._served[user] = self._num_turns
            self._served.move_to_end(user)
            if len(self._served) > MAX_REMEMBERED:
                self._served.popitem(last=False)

    def remove(self, ticket: AnyTicket) -> bool:
        """Take a ticket out of the line; whether it was there."""
        if ticket in self.suspects:
            self.suspects.remove(ticket)
            return True
        user = ticket.request.user
        tickets = self._waiting.get(user, deque())
        for entry in tickets:
            if entry[1] is ticket:
                tickets.remove(entry)
                if not tickets:
                    del self._waiting[user]
                return True
        return False


def _may_begin(ticket: PictureTicket | TrainingTicket, num_running: Mapping[str, int]) -> bool:
    limit = ticket.request.max_running
    return limit is None or num_running.get(ticket.request.user, 0) < limit
