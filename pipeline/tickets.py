"""A request's place in the dispatcher, from submission to its end.

A ticket gathers what is said about one request; it does not know who computes it.
"""

import asyncio
import logging
from collections import deque
from dataclasses import replace
from typing import Generic, TypeAlias, TypeVar

from pipeline.requests import GenerationRequest
from pipeline.results import GeneratedImage, GenerationProgress, Waiting
from pipeline.training_request import TrainingRequest

logger = logging.getLogger(__name__)

RequestEvent: TypeAlias = Waiting | GenerationProgress | GeneratedImage

Request = TypeVar("Request", GenerationRequest, TrainingRequest)
Event = TypeVar("Event")


class Ticket(Generic[Request, Event]):
    """One request under way: what was asked, and what is still to be read."""

    def __init__(self, request: Request, model: str) -> None:
        self.request: Request = request
        self.model = model
        self.said: Waiting | None = None  # the last that its asker was told about waiting
        self.suspect = False  # was in flight when a worker died: runs alone until cleared
        self.num_lost_alone = 0  # workers that died with nothing else to blame
        self.ended = False
        self._error: BaseException | None = None
        self._unread: deque[Event] = deque()
        self._news = asyncio.Event()

    @property
    def id(self) -> str:
        return self.request.id

    def end(self, error: BaseException | None = None) -> None:
        """Nothing follows but, after all that is unread, this error. A second end is no mistake."""
        if not self.ended:
            self.ended, self._error = True, error
            self._news.set()
            logger.info("request %s ended: %s", self.id, "finished" if error is None else error)

    def back_to_start(self) -> None:
        """Its worker is gone: it will be taken up again by another."""
        self.suspect = True
        self.said = None

    async def next_event(self) -> Event:
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

    def _add(self, event: Event) -> None:
        if not self.ended:
            self._unread.append(event)
            self._news.set()


class PictureTicket(Ticket[GenerationRequest, RequestEvent]):
    """A request for pictures, and how far it is."""

    def __init__(self, request: GenerationRequest, model: str) -> None:
        super().__init__(request, model)
        self.num_done = 0  # denoiser calls
        self.num_total = len(request.seeds) * request.num_evaluations
        self._received: set[int] = set()  # indices of images

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

    def back_to_start(self) -> None:
        """Its worker is gone: it will be made again from the beginning."""
        super().back_to_start()
        self.num_done = 0
