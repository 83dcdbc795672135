"""A run of training and the pictures it asks for, one turn at a time.

The two do not know each other: pictures to learn from are made by the model as it is, and sample
pictures by the model with what was learned so far, found by its name like anybody's.

Where what other people want, or a sample, has no room beside the run, it leaves the device for a
while, and goes on from a snapshot, to the same bits.
"""

import gc
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from pipeline.config import PipelineConfig
from pipeline.engine.engine import Engine
from pipeline.errors import OutOfMemory, PipelineError, TrainingDiverged
from pipeline.results import (
    Artifact,
    ClassPictures,
    Order,
    PicturesWanted,
    RoomMade,
    RoomWanted,
    SamplePictures,
    StepPart,
    TrainingEvent,
    TrainingNews,
    TrainingNote,
    TrainingProgress,
    Turn,
)
from pipeline.training.footprint import bytes_of_training
from pipeline.training.loop import Training
from pipeline.training.sharding import STAGES
from pipeline.training.train import train
from pipeline.training_request import TrainingRequest
from pipeline.workers.learned import Learned
from pipeline.workers.notes import Notes
from pipeline.workers.pictures import PicturesInTheMaking
from pipeline.workers.room import Room


class TrainingRun:
    """One run on an engine's device; see `step`. Closing it leaves a snapshot to go on from."""

    def __init__(
        self, config: PipelineConfig, request: TrainingRequest, engine: Engine, folder: Path
    ) -> None:
        self.request = request
        self.has_ended = False
        self._config = config
        self._model = request.model or config.default_model
        self._engine = engine
        self._folder = folder
        model = config.model(self._model)
        self._room = Room(engine, bytes_of_training(request, model, engine.device))
        self._training = self._begun()
        self._event: TrainingEvent | None = None  # the last
        self._answer: Sequence[bytes] | RoomMade | None = None
        self._orders: deque[Order] = deque()
        self._learned = Learned(request, self._model)
        self._wanted: PicturesWanted | None = None  # what is made, or is to be
        self._pictures: PicturesInTheMaking | None = None
        self._owed: deque[PicturesWanted] = deque()  # samples that have room while it is away
        self._owes = False  # none have room beside it
        self._is_loaded = self._has_stepped = False
        self._notes = Notes(request.id)
        self._is_crowded = False  # has no room for its next step beside pictures in flight
        self.is_away = False  # has left the device to others
        self._has_left = False
        self._is_done = False  # but for what it owes
        self._room.set_aside()

    @property
    def next_turn(self) -> Turn:
        """What `step` will do.

        That is to "load" a model, to "train", as making pictures for it is called too, to "save"
        what may be large, or to be "idle" while these pictures' model, or the run, has no room.
        """
        if self._pictures:
            turn = self._pictures.next_turn
            return turn if turn in ("load", "idle") else "train"
        if self.is_away:
            return "idle" if self.may_come_back else "train"
        if self._room.is_awaited and self._room.is_in_use:
            return "idle"
        if not self._is_loaded:
            return "load"
        return "train" if self._only_steps_next else "save"

    @property
    def _only_steps_next(self) -> bool:
        """Whether nothing is due before the next step."""
        if not isinstance(self._event, TrainingProgress):
            return isinstance(self._event, StepPart | RoomWanted)
        request, num_done = self.request, self._event.num_done
        intervals = (request.snapshot_every, request.sample_every, request.watch_every)
        is_due = any(every and num_done % every == 0 for every in intervals)
        return not (is_due or self._orders or num_done >= self._event.num_total)

    @property
    def may_leave(self) -> bool:
        """Whether it got further since it came, and no more than a part of a step would be lost."""
        has_state = self.request.method.kind != "aesthetic"
        return has_state and self._has_stepped and not self._pictures and self._only_steps_next

    @property
    def wants_to_leave(self) -> bool:
        """Whether it has no room for its next step, or samples wait for it to be away."""
        return self._is_crowded or bool(self._owed)

    @property
    def may_come_back(self) -> bool:
        """Whether it is away, and owes nothing."""
        return self.is_away and not (self._wanted or self._owed or self._is_done)

    def leave(self) -> Sequence[TrainingNews]:
        """Give all memory back until `come_back`. Raises what is wrong with the snapshot."""
        self.is_away = self._has_left = True
        with suppress(TrainingDiverged):  # it comes there again, from the snapshot before
            self._training.close()
        self._training, self._event, self._answer = self._begun(), None, None
        self._is_loaded = self._has_stepped = self._is_crowded = False
        self._room.free()
        return self._notes.takes_turns(self._config.model_turn)

    def come_back(self) -> None:
        """Go on as soon as what is in flight is done; nothing else begins before."""
        self.is_away = False
        self._room.await_others()

    def order(self, order: Order) -> None:
        """Have this done after the next step, once however often it is said by then."""
        if order not in self._orders:
            self._orders.append(order)

    def step(self) -> Sequence[TrainingNews]:
        """Take one turn: a part of a step, or of making pictures for it.

        Raises what `train` raises, and what is wrong with pictures to learn from.
        """
        if self._pictures:
            return self._go_on_with(self._pictures)
        if self._room.is_awaited and not self._room.came():
            return []
        if self._wanted:
            return self._draw(self._wanted)
        if self.is_away:
            return self._pay()
        event = self._event = self._next_event()
        if event is None or isinstance(event, RoomWanted | StepPart):
            return self._notes.waits() if self._room.is_awaited else []
        if isinstance(event, PicturesWanted):
            return self._sample(event) if event.is_sample else self._draw(event)
        if isinstance(event, Artifact):
            self._learned.note(event)
        if isinstance(event, TrainingProgress):
            self._has_stepped = True
            self._room.release()
        self._is_loaded = self._is_loaded or isinstance(event, TrainingProgress | TrainingNote)
        if isinstance(event, TrainingNote) and self._has_left and not self._has_stepped:
            return []  # said before, or of its going on
        return [event]

    def _next_event(self) -> TrainingEvent | None:
        """What the run says next; None where it has ended, or begins again in more room."""
        try:
            event = self._training.send(self._reply())
        except StopIteration:
            self._is_done = self.is_away = True
            self._room.free()
            if not self._owed:
                self._end()
            return None
        except OutOfMemory:
            # What goes on in this process has asked for room by itself, and got none.
            is_lost = self._has_stepped and self.request.optimizer not in STAGES
            if is_lost or not self._room.take_from_others():
                raise
        else:
            if not isinstance(event, RoomWanted):
                return event
            if self._room.take_idle():
                self._answer = "room made"
                return event
            self._is_crowded = self._has_stepped and self._room.is_crowded()
            if self._has_stepped or not self._room.take_from_others():
                return event
        # Outside of `except`: until it ends, the error holds on to all that the run had.
        self._training.close()
        self._training, self._is_loaded = self._begun(), False
        gc.collect()
        return None

    def close(self) -> None:
        """Stop here. Raises what is wrong with the state that a snapshot should keep."""
        self._end()
        self._training.close()

    def _begun(self) -> Training:
        config, device = self._config.model(self._model), self._engine.device
        return train(self.request, self._model, config, device, self._folder)

    def _end(self) -> None:
        """Give back what it had of the device."""
        self.has_ended = True
        self._put_away_pictures()
        self._room.end()

    def _reply(self) -> Sequence[bytes] | Order | RoomMade | None:
        """What the run is told as it goes on."""
        answer, self._answer = self._answer, None
        if isinstance(self._event, TrainingProgress) and self._orders:
            return self._orders.popleft()
        return answer

    def _sample(self, wanted: PicturesWanted) -> Sequence[TrainingNews]:
        """Have samples made of what was learned so far, later where they are known to lack room."""
        wanted = self._learned.samples(wanted)
        if not self._owes:
            return self._draw(wanted)
        self._owed.append(wanted)
        self._answer = ()
        return []

    def _pay(self) -> Sequence[TrainingNews]:
        """Make what is owed, while there is nothing else to do here."""
        if self._owed:
            return self._draw(self._owed.popleft())
        if self._is_done:
            self._end()
        return []

    def _draw(self, wanted: PicturesWanted) -> Sequence[TrainingNews]:
        """Begin to make pictures."""
        self._wanted = wanted
        self._pictures = PicturesInTheMaking(self._config, self._engine, wanted.requests)
        if wanted.is_sample:
            return []
        return [ClassPictures(wanted.request_id, wanted.num_made, wanted.num_total)]

    def _go_on_with(self, pictures: PicturesInTheMaking) -> Sequence[TrainingNews]:
        wanted, num_before = self._wanted, pictures.num_made
        assert wanted
        failure: PipelineError | None = None
        try:
            if pictures.next_turn == "idle":
                raise OutOfMemory  # taken by pictures that wait for this run to leave
            made = pictures.step()
        except PipelineError as error:
            failure = error.with_traceback(None)  # which would keep all that was drawn with
        if failure:
            self._put_away_pictures()
            return self._after_failure(wanted, failure)
        told: list[TrainingNews] = []
        if not wanted.is_sample and pictures.num_made > num_before:
            num_made = wanted.num_made + pictures.num_made
            told.append(ClassPictures(wanted.request_id, num_made, wanted.num_total))
        if made is None:
            return told
        self._put_away_pictures()
        self._wanted = None
        if not self.is_away:
            self._answer = made
        if not wanted.is_sample:
            self._room.release()
            return told
        return [SamplePictures(wanted.request_id, wanted.num_done, tuple(made))]

    def _after_failure(
        self, wanted: PicturesWanted, error: PipelineError
    ) -> Sequence[TrainingNews]:
        """See whether pictures that did not come may still; raises the error where they must."""
        lacks_room = isinstance(error, OutOfMemory)
        if not wanted.is_sample:
            # Memory that others use now; alone, a second try would not find more.
            if lacks_room and self._room.is_in_use:
                self._room.await_others()
                return self._notes.waits()
            raise error
        self._wanted = None
        if not self.is_away:
            self._answer = ()
        if lacks_room and not self.is_away:
            self._owes = not self._room.is_in_use  # alone, or else once more is free
            self._owed.append(wanted)
            return []
        # What was learned may be too broken to draw with, and the run is to say that.
        return [TrainingNote(wanted.request_id, f"No sample pictures came: {error.message}")]

    def _put_away_pictures(self) -> None:
        if self._pictures:
            self._pictures.leave()
            self._pictures = None
            if not self.is_away:
                self._room.set_aside()
            self._room.drop_idle_if_held()
