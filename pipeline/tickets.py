"""A request's place in the dispatcher, from submission to its end, and the stream its asker reads.

A ticket gathers what is said about one request; it does not know who computes it.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Self

from pipeline.requests import GenerationRequest
from pipeline.results import GeneratedImage, GenerationProgress, Waiting

logger = logging.getLogger(__name__)

RequestEvent = Waiting | GenerationProgress | GeneratedImage


class Ticket:
    """One request under way: what was asked, how far it is, and what is still to be read."""

    def __init__(self, request: GenerationRequest, model: str) -> None:
        self.request = request
        self.model = model
        self.said: Waiting | None = None  # the last that its asker was told about waiting
        self.suspect = False  # was in flight when a worker died: runs alone until cleared
        self.num_lost_alone = 0  # workers that died with nothing but this in flight
        self.num_done = 0  # denoiser calls
        self.ended = False
        self._error: BaseException | None = None
        self._received: set[int] = set()  # indices of images
        self._unread: deque[RequestEvent] = deque()
        self._news = asyncio.Event()
        self.num_total = len(request.seeds) * request.num_evaluations

    @property
    def id(self) -> str:
        return self.request.id

    @property
    def num_images_left(self) -> int:
        return len(self.request.seeds) - len(self._received)

    @property
    def call_work(self) -> float:
        """What one denoiser call for one of its images costs: pixels, twice if guided."""
        rows = 1 if self.request.guidance_scale == 1 else 2
        return self.request.pixels_per_call * rows

    def tell(self, event: Waiting | GenerationProgress) -> None:
        """News that make older news of their kind worthless: a slow reader gets the latest."""
        if isinstance(event, Waiting):
            self.said = event
        else:
            self.num_done, self.num_total = event.num_done, event.num_total
        if self._unread and not isinstance(self._unread[-1], GeneratedImage):
            last = self._unread.pop()
            if isinstance(last, GenerationProgress) and isinstance(event, GenerationProgress):
                event = replace(event, preview=event.preview or last.preview)
        self._add(event)

    def deliver(self, image: GeneratedImage) -> None:
        """Take in an image, unless it came before the worker was lost and this is its repeat."""
        if image.index not in self._received:
            self._received.add(image.index)
            self._add(image)

    def end(self, error: BaseException | None = None) -> None:
        """Nothing follows but, after all that is unread, this error. A second end is no mistake."""
        if not self.ended:
            self.ended, self._error = True, error
            self._news.set()
            logger.info("request %s ended: %s", self.id, "finished" if error is None else error)

    def back_to_start(self) -> None:
        """Its worker is gone: it will be made again from the beginning."""
        self.suspect = True
        self.said = None
        self.num_done = 0

    async def next_event(self) -> RequestEvent:
        """The next unread event. Raises `StopAsyncIteration` or the error that ended it."""
        while not self._unread:
            if self._error is not None:
                # One error may end many requests, and must not gather the frames of all readers.
                raise self._error.with_traceback(None)
            if self.ended:
                raise StopAsyncIteration
            self._news.clear()
            await self._news.wait()
        return self._unread.popleft()

    def _add(self, event: RequestEvent) -> None:
        if not self.ended:
            self._unread.append(event)
            self._news.set()


class RequestStream(AsyncIterator[RequestEvent]):
    """What happens to one request, for one reader. Whoever leaves it early withdraws the request.

    Leaving is `aclose`, a cancelled read, or just forgetting the stream.
    """

    def __init__(
        self, ticket: Ticket, withdraw: Callable[[str], object], loop: asyncio.AbstractEventLoop
    ) -> None:
        self._ticket = ticket
        self._withdraw = withdraw
        self._loop = loop

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> RequestEvent:
        try:
            return await self._ticket.next_event()
        except asyncio.CancelledError:
            await self.aclose()
            raise

    async def aclose(self) -> None:
        """Withdraw the request if it has not ended."""
        self._withdraw(self._ticket.id)

    def __del__(self) -> None:
        # Garbage is collected in any thread, and maybe after the loop.
        if not self._ticket.ended:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._withdraw, self._ticket.id)
