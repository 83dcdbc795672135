"""A run of training and the pictures it asks for, one turn at a time.

The two do not know each other: pictures to learn from are made by the model as it is, and sample
pictures by the model with what was learned so far, found by its name like anybody's.

Where what other people want has no room beside the run, it leaves the device for a while, and goes
on from a snapshot, to the same bits.
"""

import gc
from collections import deque
from collections.abc import Generator, Sequence
from pathlib import Path

from pipeline.artifact import KINDS_BY_FOLDER, UsedArtifact
from pipeline.config import PipelineConfig
from pipeline.engine.engine import Engine
from pipeline.errors import OutOfMemory, PipelineError
from pipeline.requests import GenerationRequest
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
from pipeline.training.train import train
from pipeline.training_request import TrainingRequest
from pipeline.workers.pictures import PicturesInTheMaking

WAITS = (
    "Memory ran out while pictures are being made beside this training: it goes on once they are "
    "done."
)


TAKES_TURNS = (
    "Pictures have no room on the device beside this training: from here on the two take turns, of "
    "{seconds:.0f} seconds or more."
)


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
        self._training = self._begun()
        self._event: TrainingEvent | None = None  # the last
        self._answer: Sequence[bytes] | RoomMade | None = None
        self._orders: deque[Order] = deque()
        self._learned: tuple[UsedArtifact, ...] = ()  # the latest that there is of it
        self._pictures: PicturesInTheMaking | None = None
        self._is_loaded = False
        self._has_stepped = False
        self._waits = False  # for others' pictures to be done and to give their memory back
        self._said: set[str] = set()
        self.is_away = False  # has left the device to others
        self._has_left = False
        self._make_room()

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
            return "idle"
        if self._waits and self._engine.models_in_use:
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
        return self._has_stepped and not self._pictures and self._only_steps_next

    def leave(self) -> Sequence[TrainingNews]:
        """Give all memory back until `come_back`. Raises what is wrong with the snapshot."""
        self.is_away = self._has_left = True
        self._training.close()
        self._training, self._event, self._answer = self._begun(), None, None
        self._is_loaded = self._has_stepped = False
        self._free()
        return self._once(TAKES_TURNS.format(seconds=self._config.model_turn))

    def come_back(self) -> None:
        """Go on as soon as what is in flight is done; nothing else begins before."""
        self.is_away = False
        self._engine.model_turns.is_held = self._waits = True

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
        if self._waits:
            if self._engine.models_in_use:
                return []
            self._drop_idle()
            self._make_room()
            self._waits = False
        event = self._event = self._next_event()
        if event is None or isinstance(event, RoomWanted):
            return self._once(WAITS) if self._waits else []
        if isinstance(event, PicturesWanted):
            requests = self._with_learned(event) if event.is_sample else event.requests
            self._pictures = PicturesInTheMaking(self._config, self._engine, requests)
            if event.is_sample:
                return []
            return [ClassPictures(event.request_id, event.num_made, event.num_total)]
        if isinstance(event, StepPart):
            return []
        if isinstance(event, Artifact):
            self._learned = (self._as_used(event),)
        if isinstance(event, TrainingProgress):
            self._has_stepped = True
            self._engine.model_turns.is_held = False
        self._is_loaded = self._is_loaded or isinstance(event, TrainingProgress | TrainingNote)
        if isinstance(event, TrainingNote) and self._has_left and not self._has_stepped:
            return []  # said before, or of its going on
        return [event]

    def _next_event(self) -> TrainingEvent | None:
        """What the run says next; None where it has ended, or begins again in more room."""
        try:
            event = self._training.send(self._reply())
        except StopIteration:
            self._end()
            return None
        except OutOfMemory:
            if self._has_stepped or not self._others_make_room():
                raise
        else:
            if isinstance(event, RoomWanted) and self._others_make_room():
                self._answer = "room made"
            return event
        # Outside of `except`: until it ends, the error holds on to all that the run had.
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
        self._free()
        self._engine.model_turns.is_held = False
        self._engine.crowding.forget()

    def _free(self) -> None:
        """Nothing is set aside for it any more."""
        self._engine.models.set_aside = 0.0
        self._engine.memory.forget_failures()

    def _make_room(self) -> None:
        """Have idle models make way for the run's own, where they do not all fit."""
        config = self._config.model(self._model)
        num_bytes = bytes_of_training(self.request, config, self._engine.device)
        self._engine.models.make_room(num_bytes, self._engine.models_in_use)

    def _others_make_room(self) -> bool:
        """Let nothing else begin before the next step is taken; whether more is free by then.

        What is only kept for later goes at once, what is in use when the pictures in flight are
        done.
        """
        self._engine.model_turns.is_held = True
        if self._drop_idle():
            return True
        in_use = self._engine.models_in_use
        self._engine.crowding.found(in_use)
        self._engine.models.set_aside = 0.0  # until they are done
        self._waits = bool(in_use)
        return self._waits

    def _once(self, text: str) -> Sequence[TrainingNews]:
        """What whoever asked should know, the first time."""
        if text in self._said:
            return []
        self._said.add(text)
        return [TrainingNote(self.request.id, text)]

    def _drop_idle(self) -> bool:
        """Have the engine let go of what it only keeps for later; whether that was anything."""
        engine, in_use = self._engine, self._engine.models_in_use
        engine.denoiser.forget()
        had_upscaler = engine.super_resolution.forget()
        # Beside pictures in flight, who may have it loaded again, it is not worth a try.
        return engine.models.drop_idle(in_use) or (had_upscaler and not in_use)

    def _reply(self) -> Sequence[bytes] | Order | RoomMade | None:
        """What the run is told as it goes on."""
        answer, self._answer = self._answer, None
        if isinstance(self._event, TrainingProgress) and self._orders:
            return self._orders.popleft()
        return answer

    def _as_used(self, artifact: Artifact) -> UsedArtifact:
        return UsedArtifact(
            kind=KINDS_BY_FOLDER[artifact.folder],
            name=self.request.name,
            path=str(artifact.path),
            base=self._model,
        )

    def _with_learned(self, wanted: PicturesWanted) -> Sequence[GenerationRequest]:
        """Requests for samples that find what was learned under its name."""
        if not wanted.num_done:
            return [self._without_learned(each) for each in wanted.requests]
        used: dict[str, object] = {}
        if any(each.kind == "checkpoint" for each in self._learned):
            used["model"] = self.request.name
        return [
            each.model_copy(update={"artifacts": self._with_own(each.artifacts)} | used)
            for each in wanted.requests
        ]

    def _without_learned(self, wanted: GenerationRequest) -> GenerationRequest:
        """The same, drawn without what an earlier run may have left under the name."""
        if KINDS_BY_FOLDER[self.request.method.folder] != "embedding":
            return wanted  # nothing else is called without a tag
        word = UsedArtifact(kind="embedding", name=self.request.name, path="")
        return wanted.model_copy(update={"artifacts": (*wanted.artifacts, word)})

    def _with_own(self, others: Sequence[UsedArtifact]) -> tuple[UsedArtifact, ...]:
        """What was learned, and of others those that it does not hide."""
        hidden = {(each.kind, each.name.casefold()) for each in self._learned}
        rest = (each for each in others if (each.kind, each.name.casefold()) not in hidden)
        return (*self._learned, *rest)

    def _go_on_with(self, pictures: PicturesInTheMaking) -> Sequence[TrainingNews]:
        wanted = self._event
        assert isinstance(wanted, PicturesWanted)
        num_before = pictures.num_made
        try:
            made = pictures.step()
        except PipelineError as error:
            if not wanted.is_sample:
                raise
            # What was learned may be too broken to draw with, and the run is to say that.
            self._put_away_pictures()
            self._answer = ()
            return [TrainingNote(wanted.request_id, f"No sample pictures came: {error.message}")]
        told: list[TrainingNews] = []
        if not wanted.is_sample and pictures.num_made > num_before:
            num_made = wanted.num_made + pictures.num_made
            told.append(ClassPictures(wanted.request_id, num_made, wanted.num_total))
        if made is None:
            return told
        self._put_away_pictures()
        self._answer = made
        if not wanted.is_sample:
            return told
        return [SamplePictures(wanted.request_id, wanted.num_done, tuple(made))]

    def _put_away_pictures(self) -> None:
        if self._pictures:
            self._pictures.leave()
            self._pictures = None
            self._make_room()
            if self._engine.model_turns.is_held:
                self._drop_idle()  # or the next try would find less room than this one


def news_of(run: TrainingRun) -> Generator[TrainingNews, None, None]:
    """Everything that a run says to its end; leaving early closes it."""
    try:
        while not run.has_ended:
            yield from run.step()
    finally:
        run.close()
