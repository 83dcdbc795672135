"""What happens to one request, as its asker reads it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any, Generic, Self, TypeAlias, TypeVar

from pipeline.tickets import RequestEvent, Ticket
from pipeline.training_tickets import TrainingStreamEvent

Event = TypeVar("Event")


class Stream(AsyncIterator[Event], Generic[Event]):
    """What happens to one request, for one reader. Whoever leaves it early withdraws the request.

    Leaving is `aclose`, a cancelled read, or just forgetting the stream.
    """

    def __init__(
        self,
        ticket: Ticket[Any, Event],
        withdraw: Callable[[str, object], object],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._ticket = ticket
        self._withdraw = withdraw
        self._loop = loop

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        try:
            return await self._ticket.next_event()
        except asyncio.CancelledError:
            await self.aclose()
            raise

    async def aclose(self) -> None:
        """Withdraw the request if it has not ended."""
        self._withdraw(self._ticket.id, self._ticket)

    def __del__(self) -> None:
        # Garbage is collected in any thread, and maybe after the loop.
        if not self._ticket.ended:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._withdraw, self._ticket.id, self._ticket)


RequestStream: TypeAlias = Stream[RequestEvent]
TrainingStream: TypeAlias = Stream[TrainingStreamEvent]
