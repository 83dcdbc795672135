"""Keeps one device's worker alive, and what it has in flight safe.

A worker that dies or overruns a deadline is replaced, with back-off. What was in flight goes back
into the line as suspects, of which one at a time runs: only a request whose worker dies twice with
nothing else to blame fails, and its neighbours do not. It does not choose what to run.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import TypeAlias

from pipeline.config import PipelineConfig
from pipeline.errors import GenerationFailed, PipelineError, WorkerLost
from pipeline.meter import Meter
from pipeline.results import (
    Failed,
    Finished,
    GeneratedImage,
    GenerationProgress,
    Order,
    TrainingNews,
    TrainingProgress,
    Turn,
)
from pipeline.tickets import PictureTicket
from pipeline.training_tickets import TrainingTicket
from pipeline.workers.worker import (
    CannotStart,
    Ready,
    TurnBegun,
    Worker,
    WorkerFactory,
    WorkerGone,
    WorkerMessage,
)

logger = logging.getLogger(__name__)

MOVES_MODELS = ("load", "save")  # turns that take as long as gigabytes do
MAX_STARTS = 3  # that fail in a row before requests are told so
MAX_LOST_ALONE = 2  # workers a request may cost with nothing else to blame
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0  # seconds before a replacement; doubles

AnyTicket: TypeAlias = PictureTicket | TrainingTicket


class Supervisor:
    """One device: its worker, whichever that is just now, and the tickets in flight there."""

    def __init__(
        self,
        config: PipelineConfig,
        device: str,
        make_worker: WorkerFactory,
        meter: Meter,
        give_back: Callable[[AnyTicket], None],
        changed: Callable[[], None],
    ) -> None:
        self.device = device
        self.in_flight: dict[str, AnyTicket] = {}
        self.max_images = 0  # none while no worker is ready
        self.broken: PipelineError | None = None  # why no worker starts
        self._models: set[str] = set()  # begun by this worker, so probably loaded
        self._config = config
        self._make_worker = make_worker
        self._meter = meter
        self._give_back = give_back
        self._changed = changed
        self._worker: Worker | None = None
        self._turn: Turn = "load"
        self._deadline = asyncio.timeout(None)
        self._training_has_stepped = False  # since it was begun here
        self._training_ended = asyncio.Event()
        self._num_starts = 0  # since a worker was last ready
        self._num_in_vain = 0  # lives in a row that ended with nothing in flight

    @property
    def pictures(self) -> Sequence[PictureTicket]:
        """Those in flight."""
        return [it for it in self.in_flight.values() if isinstance(it, PictureTicket)]

    @property
    def training(self) -> TrainingTicket | None:
        """The one in flight."""
        trainings = [it for it in self.in_flight.values() if isinstance(it, TrainingTicket)]
        return trainings[0] if trainings else None

    @property
    def num_images(self) -> int:
        """In flight."""
        return sum(ticket.num_images_left for ticket in self.pictures)

    @property
    def has_room(self) -> bool:
        """Whether a request may begin now."""
        return self.num_images < self.max_images and not self.has_suspect

    @property
    def may_train(self) -> bool:
        """Whether a training may begin now."""
        return self.max_images > 0 and self.training is None and not self.has_suspect

    @property
    def has_suspect(self) -> bool:
        """Whether one is in flight, which is to be left alone."""
        return any(ticket.suspect for ticket in self.in_flight.values())

    @property
    def _training_leaves(self) -> bool:
        """Whether a training was withdrawn, whose snapshot is saved between two turns."""
        training = self.training
        return training is not None and (training.is_closing or training.ended)

    def burden(self, model: str) -> float:
        """How unwelcome one more request is: a model to load weighs as half a device of work.

        A training weighs as a whole one: it takes its share for longer than any crowd.
        """
        load = 0.0 if model in self._models else 0.5
        return self.num_images / self.max_images + load + (self.training is not None)

    @property
    def has_models(self) -> bool:
        """Whether it probably has models loaded, as devices have that pictures prefer."""
        return bool(self._models)

    def begin(self, ticket: AnyTicket) -> None:
        """Hand a ticket to the worker."""
        assert self._worker is not None
        logger.info("request %s begins on %s", ticket.id, self.device)
        self._worker.begin(ticket.request)
        if isinstance(ticket, TrainingTicket):
            self._meter.begin_training()
            self._training_has_stepped = False
            self._training_ended.clear()
            if ticket.is_finishing:  # its worker was lost before it could
                self._worker.order(ticket.id, "finish")
        else:
            if not self.pictures:
                self._meter.begin_pictures()
            self._models.add(ticket.model)
        self.in_flight[ticket.id] = ticket
        self._set_deadline()

    def order(self, request_id: str, order: Order) -> None:
        """Pass something on that is asked of the training in flight."""
        if self._worker is not None:
            self._worker.order(request_id, order)

    def drop(self, request_id: str) -> None:
        """Withdraw a request from the worker, which goes on counting it until it answers."""
        if self._worker is not None:
            self._worker.drop(request_id)
            if self._training_leaves:
                self._set_deadline()

    async def stop_training(self) -> None:
        """Let the training in flight leave a snapshot, in as much time as a model's load may take.

        One that has taken no step here has nothing to keep.
        """
        if ticket := self.training:
            self.drop(ticket.id)
            if self._training_has_stepped:
                logger.info("waiting for the snapshot of training %s", ticket.id)
                await self._training_ended.wait()

    async def run(self) -> None:
        """Supervise, until cancelled."""
        while True:
            try:
                ending = await self._live_one_life()
            except Exception:
                # A mistake of ours must not leave the line standing; it is treated as a crash.
                logger.exception("worker on %s: lost to a mistake", self.device)
                ending = "was given up"
            self._recover(ending)
            self._changed()
            await asyncio.sleep(self._pause())

    def _pause(self) -> float:
        """Seconds before a replacement starts.

        None where requests cost the life: each can do so but a few times, and its neighbours wait.
        """
        if not self._num_in_vain:
            return 0.0
        return min(FIRST_PAUSE * 2 ** min(self._num_in_vain - 1, 16), LONGEST_PAUSE)

    async def _live_one_life(self) -> str:
        """Follow one worker from its start to its end. Returns how it ended."""
        worker = self._worker = self._make_worker(self._config, self.device)
        self._turn = "load"
        self._models.clear()
        self._num_starts += 1
        self._deadline = asyncio.timeout(self._config.load_deadline)
        try:
            async with self._deadline:
                await worker.start()
                while True:
                    self._heed(await worker.receive())
                    self._set_deadline()
        except WorkerGone as error:
            return str(error)
        except TimeoutError:
            return f"overran its deadline in a turn of kind {self._turn!r}"
        finally:
            self._worker, self.max_images = None, 0
            await worker.kill()

    def _set_deadline(self) -> None:
        """Count from now; a worker with nothing to do may be silent for ever."""
        seconds: float | None = self._config.step_deadline
        if self._turn in MOVES_MODELS or self._training_leaves:
            seconds = self._config.load_deadline
        elif self._turn == "idle" and not self.in_flight:
            seconds = None
        if not self._deadline.expired():
            now = asyncio.get_running_loop().time()
            self._deadline.reschedule(None if seconds is None else now + seconds)

    def _heed(self, message: WorkerMessage) -> None:
        match message:
            case Ready(max_images=max_images):
                logger.info("worker on %s: ready", self.device)
                self._turn = "idle"
                self.max_images, self.broken, self._num_starts = max_images, None, 0
                self._changed()
            case CannotStart(error):
                self.broken = error
            case TurnBegun(kind):
                if self._turn == "load":
                    self._meter.pause()
                self._turn = kind
            case Finished(request_id):
                self._end(request_id, None)
            case Failed(request_id, error):
                self._end(request_id, error)
            case GenerationProgress() | GeneratedImage():
                self._pass_on(message)
            case _:
                self._pass_on_training(message)

    def _pass_on(self, event: GenerationProgress | GeneratedImage) -> None:
        ticket = self.in_flight.get(event.request_id)
        if not isinstance(ticket, PictureTicket):
            return
        if isinstance(event, GenerationProgress):
            if self._turn != "load":
                self._meter.measure_calls(ticket, event.num_done - ticket.num_done)
            ticket.tell(event)
        else:
            ticket.deliver(event)
            self._changed()

    def _pass_on_training(self, news: TrainingNews) -> None:
        ticket = self.in_flight.get(news.request_id)
        if not isinstance(ticket, TrainingTicket):
            return
        if not isinstance(news, TrainingProgress):
            ticket.deliver(news)
            return
        was_suspect, self._training_has_stepped = ticket.suspect, True
        self._meter.measure_steps(ticket, news.num_done - ticket.progress.num_done)
        ticket.tell(news)
        if was_suspect:
            self._changed()

    def _end(self, request_id: str, error: PipelineError | None) -> None:
        if ticket := self.in_flight.pop(request_id, None):
            ticket.end(error)
            if isinstance(ticket, TrainingTicket):
                self._training_ended.set()
            self._changed()

    def _recover(self, ending: str) -> None:
        """Take stock after a worker's end: what runs again, and what has had its chances."""
        lost = ", ".join(self.in_flight) or "nothing"
        logger.error("worker on %s: %s; in flight: %s", self.device, ending, lost)
        self._num_in_vain = 0 if self.in_flight else self._num_in_vain + 1
        if self._num_starts >= MAX_STARTS and self.broken is None:
            self.broken = GenerationFailed(f"Nothing starts on {self.device}; the log says why.")
        pictures, training = self.pictures, self.training
        # Whose turn it was is known: beside a training that rests, a picture is as good as alone.
        trained = self._turn in ("train", "save")
        alone = len(pictures) == 1 and not trained
        for ticket in [ticket for ticket in pictures if not ticket.ended]:
            ticket.num_lost_alone += alone
            if ticket.num_lost_alone >= MAX_LOST_ALONE:
                ticket.end(WorkerLost())
            else:
                ticket.back_to_start()
                self._give_back(ticket)
        if training and not training.ended:
            is_to_blame = trained or not pictures
            if training.worker_is_lost(is_to_blame, MAX_LOST_ALONE):
                self._give_back(training)
        self._training_ended.set()
        self.in_flight.clear()
