"""What the people at the page are told, as it happens."""

import asyncio
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bot.local_discord.wire import Json


@dataclass(eq=False)
class Subscriber:
    """One open page (or one waiting test) and the person before it."""

    user_id: str
    events: asyncio.Queue[Json] = field(default_factory=asyncio.Queue)


CLOSED: Json = {"type": "CLOSED"}  # the last event of all


class Feed:
    """Hands events to the people they are for."""

    def __init__(self) -> None:
        self.subscribers: set[Subscriber] = set()

    @contextmanager
    def subscribe(self, user_id: str) -> Iterator[Subscriber]:
        subscriber = Subscriber(user_id)
        self.subscribers.add(subscriber)
        try:
            yield subscriber
        finally:
            self.subscribers.discard(subscriber)

    def close(self) -> None:
        """Ends every stream, or a stopping server would wait for its pages."""
        for subscriber in self.subscribers:
            subscriber.events.put_nowait(CLOSED)

    def tell(self, event: Json, *, to: Collection[str]) -> None:
        for subscriber in self.subscribers:
            if subscriber.user_id in to:
                subscriber.events.put_nowait(event)
