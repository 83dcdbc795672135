"""A run of training and the pictures it asks for, one turn at a time.

The two do not know each other: pictures to learn from are made by the model as it is, and sample
pictures by the model with what was learned so far, found by its name like anybody's.
"""

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
    Order,
    PicturesWanted,
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
        self._answer: Sequence[bytes] | None = None
        self._orders: deque[Order] = deque()
        self._learned: tuple[UsedArtifact, ...] = ()  # the latest that there is of it
        self._pictures: PicturesInTheMaking | None = None
        self._is_loaded = False
        self._make_room()

    @property
    def next_turn(self) -> Turn:
        """What `step` will do.

        That is to "load" a model, to "train", as making pictures for it is called too, to "save"
        what may be large, or to be "idle" while these pictures' model has no room.
        """
        if self._pictures:
            turn = self._pictures.next_turn
            return turn if turn in ("load", "idle") else "train"
        if not self._is_loaded:
            return "load"
        return "train" if self._only_steps_next else "save"

    @property
    def _only_steps_next(self) -> bool:
        """Whether nothing is due before the next step."""
        if not isinstance(self._event, TrainingProgress):
            return isinstance(self._event, StepPart)
        request, num_done = self.request, self._event.num_done
        intervals = (request.snapshot_every, request.sample_every, request.watch_every)
        is_due = any(every and num_done % every == 0 for every in intervals)
        return not (is_due or self._orders or num_done >= self._event.num_total)

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
        try:
            event = self._training.send(self._reply())
        except StopIteration:
            self._end()
            return []
        except OutOfMemory:
            if self._is_loaded or not self._engine.models.drop_idle(self._engine.models_in_use):
                raise
            self._training = self._begun()  # now that there is more room than was thought
            return []
        self._event = event
        if isinstance(event, PicturesWanted):
            requests = self._with_learned(event) if event.is_sample else event.requests
            self._pictures = PicturesInTheMaking(self._config, self._engine, requests)
            return []
        if isinstance(event, StepPart):
            return []
        if isinstance(event, Artifact):
            self._learned = (self._as_used(event),)
        self._is_loaded = self._is_loaded or isinstance(event, TrainingProgress | TrainingNote)
        return [event]

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
        self._engine.models.set_aside = 0.0

    def _make_room(self) -> None:
        """Have idle models make way for the run's own, where they do not all fit."""
        config = self._config.model(self._model)
        num_bytes = bytes_of_training(self.request, config, self._engine.device)
        self._engine.models.make_room(num_bytes, self._engine.models_in_use)

    def _reply(self) -> Sequence[bytes] | Order | None:
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
            return wanted.requests
        used: dict[str, object] = {}
        if any(each.kind == "checkpoint" for each in self._learned):
            used["model"] = self.request.name
        return [
            each.model_copy(update={"artifacts": self._with_own(each.artifacts)} | used)
            for each in wanted.requests
        ]

    def _with_own(self, others: Sequence[UsedArtifact]) -> tuple[UsedArtifact, ...]:
        """What was learned, and of others those that it does not hide."""
        hidden = {(each.kind, each.name.casefold()) for each in self._learned}
        rest = (each for each in others if (each.kind, each.name.casefold()) not in hidden)
        return (*self._learned, *rest)

    def _go_on_with(self, pictures: PicturesInTheMaking) -> Sequence[TrainingNews]:
        wanted = self._event
        assert isinstance(wanted, PicturesWanted)
        try:
            made = pictures.step()
        except PipelineError as error:
            if not wanted.is_sample:
                raise
            # What was learned may be too broken to draw with, and the run is to say that.
            self._put_away_pictures()
            self._answer = ()
            return [TrainingNote(wanted.request_id, f"No sample pictures came: {error.message}")]
        if made is None:
            return []
        self._put_away_pictures()
        self._answer = made
        if not wanted.is_sample:
            return []
        return [SamplePictures(wanted.request_id, wanted.num_done, tuple(made))]

    def _put_away_pictures(self) -> None:
        if self._pictures:
            self._pictures.leave()
            self._pictures = None
            self._make_room()


def news_of(run: TrainingRun) -> Generator[TrainingNews, None, None]:
    """Everything that a run says to its end; leaving early closes it."""
    try:
        while not run.has_ended:
            yield from run.step()
    finally:
        run.close()
