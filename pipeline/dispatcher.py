"""Whose request runs next, and where: the pipeline as an asyncio program sees it.

All state is touched by one event loop, in plain methods that never wait, so that there is nothing
to lock. Torch and the computing are in other processes.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self, overload

from pipeline.announcements import Announcements, Foretold
from pipeline.config import PipelineConfig
from pipeline.devices import find_devices
from pipeline.errors import Cancelled, ConfigError, InvalidRequest
from pipeline.estimates import Paces, waiting_times
from pipeline.meter import Meter
from pipeline.placement import next_picture, next_training
from pipeline.requests import GenerationRequest
from pipeline.results import GenerationProgress, Order, TrainingProgress, Waiting
from pipeline.streams import RequestStream, Stream, TrainingStream
from pipeline.supervisor import Supervisor
from pipeline.tickets import PictureTicket
from pipeline.training_estimates import training_waiting_times
from pipeline.training_request import TrainingRequest
from pipeline.training_tickets import TrainingTicket
from pipeline.turns import Line
from pipeline.workers.local import LocalWorker
from pipeline.workers.worker import WorkerFactory


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
        self._pictures: Line[PictureTicket] = Line()
        self._trainings: Line[TrainingTicket] = Line()
        self._tickets: dict[str, PictureTicket | TrainingTicket] = {}  # all that have not ended
        self._paces, self._training_paces = Paces(), Paces()
        self._supervisors = [
            Supervisor(config, device, make_worker, meter, self._give_back, self._hand_out)
            for device in devices
            for meter in [Meter(device, self._paces, self._training_paces)]
        ]
        self._closed = False
        self._supervision: list[asyncio.Task[None]] = []
        self._announcements = Announcements(self._foretell)

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
        in_flight = [it for each in self._supervisors for it in each.in_flight.values()]
        for ticket in {*self._tickets.values(), *in_flight}:
            self._remove(ticket)
            ticket.end(asyncio.CancelledError("the dispatcher is closed"))
        self._announcements.stop()
        try:
            await asyncio.gather(*(each.stop_training() for each in self._supervisors))
        finally:  # whoever has no patience cancels the waiting
            for task in reversed(self._supervision):
                task.cancel()
            await asyncio.gather(*reversed(self._supervision), return_exceptions=True)

    def remember(self, served: Sequence[str]) -> None:
        """Take it that these users had their turns with pictures, in this order, before now."""
        self._pictures.remember(served)

    @overload
    def submit(self, request: GenerationRequest) -> RequestStream: ...

    @overload
    def submit(self, request: TrainingRequest) -> TrainingStream: ...

    def submit(
        self, request: GenerationRequest | TrainingRequest
    ) -> RequestStream | TrainingStream:
        """Queue a request, from this moment on, and return what happens to it as a stream.

        The stream ends after all images, or the final artifact of a training, or raises a
        `PipelineError`. Leaving it early withdraws the request. Closing the dispatcher cancels
        whoever still reads. A training goes on from where one of the same id was withdrawn. Raises
        `UnknownModel`, `UnknownUpscaler`, and `InvalidRequest` where the id is under way.
        """
        model, _ = self._config.model_of(request)
        self._check(request)
        loop = asyncio.get_running_loop()
        if isinstance(request, TrainingRequest):
            training = TrainingTicket(request, model)
            if self._enters(training):
                self._trainings.add(training)
                self._hand_out()
            return Stream(training, self._withdraw, loop)
        ticket = PictureTicket(request, model)
        if self._enters(ticket):
            self._pictures.add(ticket)
            self._hand_out()
        return Stream(ticket, self._withdraw, loop)

    def cancel(self, request_id: str) -> bool:
        """Withdraw a request: its stream raises `Cancelled`. False if there is none such.

        A training that is worked on leaves a snapshot first.
        """
        ticket = self._tickets.get(request_id)
        if ticket is None or ticket.ended:
            return False
        holders = [it for it in self._supervisors if it.in_flight.get(request_id) is ticket]
        if isinstance(ticket, TrainingTicket) and holders:
            ticket.is_closing = True
            del self._tickets[request_id]
        else:
            ticket.end(Cancelled())
            self._remove(ticket)
        for supervisor in holders:
            supervisor.drop(request_id)
        self._hand_out()
        return True

    def order(self, request_id: str, order: Order) -> bool:
        """Ask something of a training that is worked on. False if there is none such."""
        for supervisor in self._supervisors:
            training = supervisor.training
            if training and training.id == request_id and not training.is_closing:
                training.is_finishing = training.is_finishing or order == "finish"
                supervisor.order(request_id, order)
                return True
        return False

    def outlook(self) -> Sequence[GenerationProgress | TrainingProgress | Waiting]:
        """How far everything is that has not ended: what is worked on, then who waits, in order."""
        pictures = [
            GenerationProgress(ticket.id, ticket.num_done, ticket.num_total)
            for supervisor in self._supervisors
            for ticket in supervisor.pictures
            if not ticket.ended
        ]
        running = [it.training for it in self._supervisors if it.training]
        trainings = [it.progress for it in running if not (it.ended or it.is_closing)]
        return [*pictures, *trainings, *(waiting for _, waiting in self._foretell())]

    def _check(self, request: GenerationRequest | TrainingRequest) -> None:
        """Raises what is wrong with a request, its model aside, as far as it is known here."""
        if isinstance(request, GenerationRequest):
            if request.hires_scale is not None:
                self._config.check_upscaler(request.hires_upscaler)
            if request.init_image is not None:
                self._config.check_upscaler(request.upscaler)
        in_flight = [it.in_flight.get(request.id) for it in self._supervisors]
        if request.id in self._tickets or any(it and not _makes_way(it) for it in in_flight):
            raise InvalidRequest(f"Request {request.id} is under way already.")

    def _enters(self, ticket: PictureTicket | TrainingTicket) -> bool:
        """Whether a newcomer may get into a line; after the end of everything, none may."""
        if self._closed:
            ticket.end(asyncio.CancelledError("the dispatcher is closed"))
        else:
            self._tickets[ticket.id] = ticket
        return not self._closed

    def _withdraw(self, request_id: str, ticket: object) -> None:
        """Nobody reads about this ticket any more."""
        if self._tickets.get(request_id) is ticket:
            self.cancel(request_id)

    def _give_back(self, ticket: PictureTicket | TrainingTicket) -> None:
        if isinstance(ticket, TrainingTicket):
            self._trainings.give_back(ticket)
        else:
            self._pictures.give_back(ticket)

    def _remove(self, ticket: PictureTicket | TrainingTicket) -> None:
        """Take a ticket out of its line, if it is there."""
        if isinstance(ticket, TrainingTicket):
            self._trainings.remove(ticket)
        else:
            self._pictures.remove(ticket)

    def _hand_out(self) -> None:
        """Begin all that can begin now. Called whenever anything has changed."""
        self._forget_the_ended()
        if self._closed:
            return
        working = [supervisor for supervisor in self._supervisors if supervisor.broken is None]
        if not working:
            self._give_up()
            return
        while picture := next_picture(self._pictures, self._trainings, working):
            self._pictures.serve(picture[0])
            picture[1].begin(picture[0])
        while training := next_training(self._pictures, self._trainings, working):
            self._trainings.serve(training[0])
            training[1].begin(training[0])
        if self._pictures or self._trainings:
            self._announcements.plan()

    def _give_up(self) -> None:
        """No device works: better a sentence now than a wait without end."""
        reason = self._supervisors[0].broken
        for ticket in [*self._pictures, *self._trainings]:
            self._remove(ticket)
            ticket.end(reason)
        self._forget_the_ended()

    def _forget_the_ended(self) -> None:
        for ticket in [ticket for ticket in self._tickets.values() if ticket.ended]:
            del self._tickets[ticket.id]

    def _foretell(self) -> Iterator[Foretold]:
        """All that wait, in their order, each with its place and time: pictures, then trainings."""
        working = [it for it in self._supervisors if it.max_images]
        pictures = list(self._pictures)
        running = [(it.device, it.max_images, it.pictures) for it in working]
        num_running = sum(len(tickets) for _, _, tickets in running)
        times = waiting_times(running, pictures, self._paces)
        for place, (ticket, seconds) in enumerate(zip(pictures, times, strict=True), num_running):
            yield ticket, Waiting(ticket.id, place, seconds)
        trainings = list(self._trainings)
        taught = [(it.device, it.training) for it in working]
        num_taught = sum(training is not None for _, training in taught)
        times = training_waiting_times(taught, trainings, self._training_paces)
        for place, (training, seconds) in enumerate(zip(trainings, times, strict=True), num_taught):
            yield training, Waiting(training.id, place, seconds)


def _makes_way(ticket: PictureTicket | TrainingTicket) -> bool:
    """Whether it is only there to leave a snapshot, from which another may go on."""
    return isinstance(ticket, TrainingTicket) and ticket.is_closing
