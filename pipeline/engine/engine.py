"""The engine: everything that runs on one device advances together, one UNet call at a time.

`step()` takes one turn: read a request's texts or its input picture, answer one UNet call's worth
of rows, or decode one finished picture. Between two turns anything may be submitted or cancelled.
The engine does not know who asked, where an answer goes, or that there are other devices.
"""

import logging
from collections import deque
from collections.abc import Iterable, Sequence

import torch

from pipeline.config import PipelineConfig
from pipeline.engine.batcher import Batcher
from pipeline.engine.crowding import Crowding
from pipeline.engine.denoise import Denoiser
from pipeline.engine.device import open_device
from pipeline.engine.finish import decode
from pipeline.engine.memory import MemoryBudget, open_gauge
from pipeline.engine.model_turns import Choice, Entry, ModelTurns
from pipeline.engine.reader import Reader
from pipeline.engine.reports import Reports
from pipeline.engine.running_image import Row, RunningImage
from pipeline.engine.second_pass import enlarged
from pipeline.engine.writer import Writer
from pipeline.errors import Cancelled, GenerationFailed, OutOfMemory, PipelineError
from pipeline.models.cache import ModelCache, NoRoom, open_models
from pipeline.models.super_resolution import SuperResolution
from pipeline.requests import GenerationRequest
from pipeline.results import EngineEvent, Failed, Finished, Turn

logger = logging.getLogger(__name__)


class Engine:
    """Runs requests on one device; see `step`.

    One that has a host is a guest on that engine's device until it leaves: they have their models
    in common, and nothing else.
    """

    def __init__(self, config: PipelineConfig, device: str, host: "Engine | None" = None) -> None:
        self.device = open_device(device)
        self.host = host
        self.guest: Engine | None = None
        self.max_images = config.max_images_in_flight
        self.models: ModelCache = host.models if host else open_models(config, self.device)
        self.model_turns = ModelTurns(self.models, config.model_turn)
        self.crowding = Crowding(self.models)
        self.memory = MemoryBudget(2 * config.max_images_in_flight, open_gauge(self.device))
        self.batcher = Batcher(self.memory, config.reproducible)
        self.denoiser = Denoiser()
        self.super_resolution = SuperResolution(config.upscaler_files, self.device)
        self.reader = Reader(self.super_resolution)
        if host:
            host.guest = self
        self.waiting: deque[GenerationRequest] = deque()
        self.running: list[RunningImage] = []
        self.finished: deque[RunningImage] = deque()
        self.writer = Writer()
        self.reports = Reports()
        self._unfinished: dict[str, str] = {}  # ids of requests → their models' keys
        self._config = config
        self._num_calls = 0
        self.num_rows_answered = 0
        self._outbox: list[EngineEvent] = []
        self._last_turn: Turn = "idle"
        self._last_other: Turn = "idle"

    @property
    def idle(self) -> bool:
        return not (self.waiting or self.running or self.finished or self.writer or self._outbox)

    @property
    def next_turn(self) -> Turn:
        """What `step` will do: "load", "encode", "denoise", "decode", "write", or "idle".

        Texts and pictures have turns of their own, and a UNet call comes between any two of
        them: neither a crowd of newcomers nor a crowd of finished pictures stalls the others.
        """
        choice, done = self._choose(), self.crowding.outside(self.finished)
        others = choice or done
        if self.crowding.outside(self.running) and (self._last_turn != "denoise" or not others):
            return "denoise"
        if done and (self._last_other != "decode" or not choice):
            return "decode"
        if choice:
            model = self._unfinished[self.waiting[choice.place].id]
            return "encode" if model in self.models else "load"
        return "write" if self.writer or self._outbox else "idle"

    def submit(self, request: GenerationRequest) -> None:
        """Take a request; its texts are read in one of the next steps."""
        self._unfinished[request.id] = ""
        try:
            self._unfinished[request.id] = self.models.key_of(request, self._config)
        except PipelineError as error:
            self._fail(request.id, error)
            return
        self.waiting.append(request)

    def leave(self) -> None:
        """Be a guest no longer."""
        if self.host:
            self.host.guest = None

    def cancel(self, request_id: str) -> None:
        """Drop what is left of a request; the next step reports it as failed with `Cancelled`."""
        self._fail(request_id, Cancelled())

    @torch.no_grad()  # not inference_mode: what is made here, training may one day reuse
    def step(self) -> Sequence[EngineEvent]:
        """Take one turn. Errors of one request come back as `Failed`; the others go on."""
        self._last_turn = turn = self.next_turn
        if turn == "denoise":
            self._denoise()
        elif turn == "decode":
            self._decode(self.crowding.outside(self.finished)[0])
        elif choice := self._choose():
            self._admit(choice)
        self._deliver(wait=turn == "write")
        if turn in ("decode", "load", "encode"):
            self._last_other = turn
        events, self._outbox = self._outbox, []
        return events

    @property
    def entries(self) -> list[Entry]:
        """All that wait."""
        models = [self._unfinished[request.id] for request in self.waiting]
        begun = [self.reader.has_begun(request.id) for request in self.waiting]
        return [Entry(*it, it[0] in self.crowding) for it in zip(models, begun, strict=True)]

    @property
    def models_in_use(self) -> set[str]:
        """Those that what is in flight here cannot do without."""
        images = [*self.running, *self.finished, *self.writer.images]
        return {image.model.key for image in images} | {it.model for it in self.entries if it.begun}

    @property
    def lacks_room(self) -> bool:
        """Whether anything here waits for the training on this device to leave."""
        images = [*self.running, *self.finished]
        return self.crowding.outside(images) != images or any(it.is_crowded for it in self.entries)

    @property
    def _sharers(self) -> "list[Engine]":
        """All engines that have these models in common."""
        return [it for it in (self, self.host, self.guest) if it]

    def _choose(self) -> Choice | None:
        """Which of the waiting requests is next; None while nothing of what they want has room."""
        if not self.waiting:
            return None
        # A guest that waits for a model goes before: it has but a few requests, and then leaves.
        guests = self.guest.entries if self.guest else []
        before = [it for it in guests if it.model not in self.models]
        in_use = set[str]().union(*(it.models_in_use for it in self._sharers))
        return self.model_turns.choose_after(before, self.entries, in_use)

    def _admit(self, choice: Choice) -> None:
        """Read a request's texts and let its images run from the next UNet call on.

        An input picture is read first, and is all of that turn. Texts that take several turns let
        others go before them in between.
        """
        request = self.waiting[choice.place]
        del self.waiting[choice.place]
        try:
            encoder = self.models.get(self._unfinished[request.id], choice.keep)
            images = self.reader.read(request, encoder)
        except NoRoom:
            self.waiting.appendleft(request)  # until others have left
            return
        except Exception as error:
            if not self._ends(request.id, self._unfinished[request.id], error):
                self.waiting.appendleft(request)
            return
        if images:
            self.running += images
            self.reports.begin(request, images)
        elif self.reader.has_begun(request.id):
            self.waiting.append(request)
        else:
            self.waiting.appendleft(request)

    def _denoise(self) -> None:
        """Answer the rows of one UNet call."""
        rows = self.batcher.choose(self.crowding.outside(self.running))
        self._num_calls += 1
        try:
            self._answer(rows)
        except torch.OutOfMemoryError:
            # Several rows are asked for again, fewer at once.
            if self.batcher.reproducible or len(rows) == 1:
                for row in rows:
                    self._ends(row.image.request.id, row.image.model.key, OutOfMemory())
        except Exception as error:
            # One image may have spoilt the call for its neighbours: ask for each alone.
            images = {id(row.image): row.image for row in rows}.values()
            if len(images) == 1:
                self._fail(rows[0].image.request.id, error)
                return
            logger.exception("a UNet call of %d images failed; trying each alone", len(images))
            for image in images:
                self._answer_alone(image)
        self._settle({id(row.image): row.image for row in rows}.values())

    def _answer_alone(self, image: RunningImage) -> None:
        try:
            self._answer(self.batcher.choose([image]))
        except Exception as error:
            self._fail(image.request.id, error)

    def _answer(self, rows: Sequence[Row]) -> None:
        latents = rows[0].image.evaluation.latents
        key, shape = rows[0].image.model.key, latents.shape
        with self.memory.measure(key, shape, len(rows)):
            answers = self.denoiser(rows)
        for row, denoised in zip(rows, answers, strict=True):
            try:
                row.image.answer(row.slot, denoised)
            except Exception as error:
                self._fail(row.image.request.id, error)
            row.image.last_served = self._num_calls
        self.num_rows_answered += len(rows)

    def _settle(self, images: Iterable[RunningImage]) -> None:
        """Move finished images on, and report on those that got further."""
        for image in images:
            if image.latents is not None and image in self.running:
                self.running.remove(image)
                self.finished.append(image)
        self._outbox += self.reports.due({image.request.id for image in images})

    def _decode(self, image: RunningImage) -> None:
        """Make one finished image's latents pixels, which are written as the steps go on.

        One that has another pass before it is made larger, and runs again.
        """
        self.finished.remove(image)
        try:
            if image.has_another_pass:
                image.begin_second_pass(enlarged(image, self.super_resolution))
                self.running.append(image)
                return
            self.writer.put(image, decode(image))
        except Exception as error:
            if not self._ends(image.request.id, image.model.key, error):
                self.finished.appendleft(image)

    def _deliver(self, wait: bool) -> None:
        """Hand out what is written; a request is done with the last of its pictures."""
        for image, written in self.writer.take(wait):
            if image.request.id not in self._unfinished:
                continue  # another of its pictures failed just now
            if error := written.exception():
                self._fail(image.request.id, error)
                continue
            self._outbox.append(written.result())
            if self.reports.delivered(image.request.id):
                self._end(image.request.id)
                self._outbox.append(Finished(image.request.id))

    def _ends(self, request_id: str, model: str, error: Exception) -> bool:
        """End a request with an error, unless it finds more memory once a training has left.

        A guest is that training's own.
        """
        lacks_room = isinstance(error, OutOfMemory | torch.OutOfMemoryError)
        if lacks_room and not self.host and self.crowding.found([model]):
            return False
        self._fail(request_id, error)
        return True

    def _fail(self, request_id: str, error: BaseException) -> None:
        """End a request with an error of ours; a fault of the device itself ends the process."""
        if isinstance(error, torch.AcceleratorError):
            raise error
        if request_id not in self._unfinished:
            return
        self._end(request_id)
        if isinstance(error, torch.OutOfMemoryError):
            error = OutOfMemory()
        if not isinstance(error, PipelineError):
            logger.error("request %s failed", request_id, exc_info=error)
            error = GenerationFailed()
        self.waiting = deque(each for each in self.waiting if each.id != request_id)
        self.running = [each for each in self.running if each.request.id != request_id]
        self.finished = deque(each for each in self.finished if each.request.id != request_id)
        self.reader.drop(request_id)
        self.writer.drop(request_id)
        self.reports.end(request_id)
        self._outbox.append(Failed(request_id, error))

    def _end(self, request_id: str) -> None:
        """Nothing of a request's is wanted any more."""
        del self._unfinished[request_id]
        self.models.forget([key for it in self._sharers for key in it._unfinished.values()])
