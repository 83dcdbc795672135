"""Whose request runs next, and where: the pipeline as an asyncio program sees it.

All state is touched by one event loop, in plain methods that never wait, so that there is nothing
to lock. Torch and the computing are in other processes.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

from pipeline.config import PipelineConfig
from pipeline.devices import find_devices
from pipeline.errors import Cancelled, ConfigError, InvalidRequest
from pipeline.estimates import Paces, waiting_times
from pipeline.requests import GenerationRequest
from pipeline.results import GenerationProgress, Waiting
from pipeline.supervisor import Supervisor
from pipeline.tickets import RequestStream, Ticket
from pipeline.turns import Line
from pipeline.workers.local import LocalWorker
from pipeline.workers.worker import WorkerFactory

ANNOUNCEMENT_PAUSE = 1.0  # seconds between two looks at how long the line still takes
NOTICEABLE = 0.1  # part by which a waiting time must change to be worth a word


@asynccontextmanager
async def open_dispatcher(config: PipelineConfig) -> AsyncIterator["Dispatcher"]:
    """Start a worker on every device that `config` names, and take all down at the end.

    Does not wait for the workers: requests may be submitted at once. Raises `ConfigError`.
    """
    devices = find_devices() if config.devices == "auto" else config.devices
    if not devices:
        raise ConfigError('config: [pipeline] devices is empty; "auto" takes all there are.')
    async with Dispatcher(config, devices, LocalWorker) as dispatcher:
        yield dispatcher


class Dispatcher:
    """Takes requests, in an order that is fair to users, to the workers of some devices."""

    def __init__(
        self, config: PipelineConfig, devices: Sequence[str], make_worker: WorkerFactory
    ) -> None:
        self._config = config
        self._line = Line()
        self._tickets: dict[str, Ticket] = {}  # all that have not ended
        self._paces = Paces()
        self._supervisors = [
            Supervisor(
                config, device, make_worker, self._paces, self._line.give_back, self._hand_out
            )
            for device in devices
        ]
        self._closed = False
        self._supervision: list[asyncio.Task[None]] = []
        self._announcement: asyncio.TimerHandle | None = None
        self._announced_at = -ANNOUNCEMENT_PAUSE

    async def __aenter__(self) -> Self:
        self._supervision = [
            asyncio.create_task(supervisor.run(), name=f"worker on {supervisor.device}")
            for supervisor in self._supervisors
        ]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._closed = True
        for ticket in self._tickets.values():
            self._line.remove(ticket)
            ticket.end(asyncio.CancelledError("the dispatcher is closed"))
        if self._announcement:
            self._announcement.cancel()
        for task in reversed(self._supervision):
            task.cancel()
        await asyncio.gather(*reversed(self._supervision), return_exceptions=True)

    def remember(self, served: Sequence[str]) -> None:
        """Take it that these users had their turns, in this order, before now."""
        self._line.remember(served)

    def submit(self, request: GenerationRequest) -> RequestStream:
        """Queue a request, from this moment on, and return what happens to it as a stream.

        The stream ends after all images, or raises a `PipelineError`. Leaving it early withdraws
        the request. Closing the dispatcher cancels whoever still reads. Raises `UnknownModel` and
        `UnknownUpscaler`.
        """
        model = request.model or self._config.default_model
        self._config.model(model)
        if request.hires_scale is not None:
            self._config.check_upscaler(request.hires_upscaler)
        if request.init_image is not None:
            self._config.check_upscaler(request.upscaler)
        if request.id in self._tickets or any(
            request.id in supervisor.in_flight for supervisor in self._supervisors
        ):
            raise InvalidRequest(f"Request {request.id} is under way already.")
        ticket = Ticket(request, model)
        if self._closed:
            ticket.end(asyncio.CancelledError("the dispatcher is closed"))
        else:
            self._tickets[request.id] = ticket
            self._line.add(ticket)
            self._hand_out()
        return RequestStream(ticket, self.cancel, asyncio.get_running_loop())

    def cancel(self, request_id: str) -> bool:
        """Withdraw a request: its stream raises `Cancelled`. False if there is none such."""
        ticket = self._tickets.get(request_id)
        if ticket is None or ticket.ended:
            return False
        ticket.end(Cancelled())
        if not self._line.remove(ticket):
            for supervisor in self._supervisors:
                if request_id in supervisor.in_flight:
                    supervisor.drop(request_id)
        self._hand_out()
        return True

    def outlook(self) -> Sequence[GenerationProgress | Waiting]:
        """How far everything is that has not ended: what is worked on, then who waits, in order."""
        working_on = [
            GenerationProgress(ticket.id, ticket.num_done, ticket.num_total)
            for supervisor in self._supervisors
            for ticket in supervisor.in_flight.values()
            if not ticket.ended
        ]
        return [*working_on, *(waiting for _, waiting in self._foretell())]

    def _hand_out(self) -> None:
        """Begin all that can begin now. Called whenever anything has changed."""
        self._forget_the_ended()
        working = [supervisor for supervisor in self._supervisors if supervisor.broken is None]
        if not working:
            self._give_up()
            return
        while placed := self._next_placed(working):
            ticket, supervisor = placed
            self._line.serve(ticket)
            supervisor.begin(ticket)
        if self._line:
            self._announce_soon()

    def _next_placed(self, working: Sequence[Supervisor]) -> tuple[Ticket, Supervisor] | None:
        """Who begins next, and where; nobody while there is no room."""
        if suspects := self._line.suspects:
            empty = [it for it in working if it.max_images and not it.in_flight]
            if empty:
                return suspects[0], empty[0]
            # A suspect needs a device for itself: the one with least to do gets nothing more.
            reserved = min(working, key=lambda it: it.num_images)
            working = [it for it in working if it is not reserved]
        ticket = self._line.next(self._num_running())
        free = [it for it in working if it.has_room]
        if ticket is None or not free:
            return None
        return ticket, min(free, key=lambda it: it.burden(ticket.model))

    def _num_running(self) -> Counter[str]:
        """How many requests of each user are worked on."""
        return Counter(
            ticket.request.user
            for supervisor in self._supervisors
            for ticket in supervisor.in_flight.values()
        )

    def _give_up(self) -> None:
        """No device works: better a sentence now than a wait without end."""
        reason = self._supervisors[0].broken
        for ticket in list(self._line):
            self._line.remove(ticket)
            ticket.end(reason)
        self._forget_the_ended()

    def _forget_the_ended(self) -> None:
        for ticket in [ticket for ticket in self._tickets.values() if ticket.ended]:
            del self._tickets[ticket.id]

    def _announce_soon(self) -> None:
        """Tell those who wait about it, now or when the last time is long enough ago."""
        if self._announcement is None:
            self._announcement = asyncio.get_running_loop().call_at(
                self._announced_at + ANNOUNCEMENT_PAUSE, self._announce
            )

    def _announce(self) -> None:
        self._announcement = None
        if not self._line:
            return
        for ticket, news in self._foretell():
            if _is_news(ticket.said, news):
                ticket.tell(news)
        self._announced_at = asyncio.get_running_loop().time()
        self._announce_soon()

    def _foretell(self) -> Iterator[tuple[Ticket, Waiting]]:
        """All that wait, in their order, each with its place and time."""
        line = list(self._line)
        working = [it for it in self._supervisors if it.max_images]
        running = [(it.device, it.max_images, list(it.in_flight.values())) for it in working]
        num_running = sum(len(tickets) for _, _, tickets in running)
        times = waiting_times(running, line, self._paces)
        for num_before, (ticket, seconds) in enumerate(
            zip(line, times, strict=True), start=num_running
        ):
            yield ticket, Waiting(ticket.id, num_before, seconds)


def _is_news(said: Waiting | None, news: Waiting) -> bool:
    if said is None or said.num_before != news.num_before:
        return True
    if said.seconds is None or news.seconds is None:
        return said.seconds != news.seconds
    return abs(news.seconds - said.seconds) > max(1.0, NOTICEABLE * said.seconds)
