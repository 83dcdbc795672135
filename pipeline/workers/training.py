"""A run of training and the pictures it asks for, one turn at a time.

The two do not know each other: pictures to learn from are made by the model as it is, and sample
pictures by the model with what was learned so far, found by its name like anybody's.
"""

from collections import deque
from collections.abc import Generator, Sequence
from pathlib import Path

import torch

from pipeline.config import PipelineConfig
from pipeline.errors import PipelineError
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
from pipeline.training.train import train
from pipeline.training_request import TrainingRequest
from pipeline.workers.installation import install, with_learned
from pipeline.workers.pictures import PicturesInTheMaking

ADAPTERS = "adapters"  # in a run's folder: what its sample pictures are made with


class TrainingRun:
    """One run on one device; see `step`. Closing it leaves a snapshot to go on from."""

    def __init__(
        self, config: PipelineConfig, request: TrainingRequest, device: str, folder: Path
    ) -> None:
        self.request = request
        self.has_ended = False
        self._config = config
        self._model = request.model or config.default_model
        self._device = device
        self._folder = folder
        self._training = train(
            request, self._model, config.model(self._model), torch.device(device), folder
        )
        self._own = config.model_copy(update={"adapters": str(folder / ADAPTERS)})
        self._event: TrainingEvent | None = None  # the last
        self._answer: Sequence[bytes] | None = None
        self._orders: deque[Order] = deque()
        self._pictures: PicturesInTheMaking | None = None
        self._is_loaded = False

    @property
    def next_turn(self) -> Turn:
        """What `step` will do: "load" a model, or "train", which making pictures for it is too."""
        if self._pictures:
            return "load" if self._pictures.next_turn == "load" else "train"
        return "train" if self._is_loaded else "load"

    def order(self, order: Order) -> None:
        """Have this done after the next step."""
        self._orders.append(order)

    def step(self) -> Sequence[TrainingNews]:
        """Take one turn: a step of training, or one of an engine that makes pictures for it.

        Raises what `train` raises, and what is wrong with pictures to learn from.
        """
        if self._pictures:
            return self._go_on_with(self._pictures)
        try:
            event = self._training.send(self._reply())
        except StopIteration:
            self.has_ended = True
            return []
        self._event = event
        if isinstance(event, StepPart):
            return []
        if isinstance(event, PicturesWanted):
            config = self._own if event.is_sample and event.num_done else self._config
            self._pictures = PicturesInTheMaking(config, self._device, event.requests)
            return []
        if isinstance(event, Artifact):
            install(event, self.request.name, self._folder / ADAPTERS)
            self._own = with_learned(self._own, self._model, event)
        self._is_loaded = self._is_loaded or isinstance(event, TrainingProgress | TrainingNote)
        return [event]

    def close(self) -> None:
        """Stop here. Raises what is wrong with the state that a snapshot should keep."""
        self._pictures = None
        self.has_ended = True
        self._training.close()

    def _reply(self) -> Sequence[bytes] | Order | None:
        """What the run is told as it goes on."""
        answer, self._answer = self._answer, None
        if isinstance(self._event, TrainingProgress) and self._orders:
            return self._orders.popleft()
        return answer

    def _go_on_with(self, pictures: PicturesInTheMaking) -> Sequence[TrainingNews]:
        wanted = self._event
        assert isinstance(wanted, PicturesWanted)
        try:
            made = pictures.step()
        except PipelineError as error:
            if not wanted.is_sample:
                raise
            # What was learned may be too broken to draw with, and the run is to say that.
            self._pictures, self._answer = None, ()
            return [TrainingNote(wanted.request_id, f"No sample pictures came: {error.message}")]
        if made is None:
            return []
        self._pictures, self._answer = None, made
        if not wanted.is_sample:
            return []
        return [SamplePictures(wanted.request_id, wanted.num_done, tuple(made))]


def news_of(run: TrainingRun) -> Generator[TrainingNews, None, None]:
    """Everything that a run says to its end; leaving early closes it."""
    try:
        while not run.has_ended:
            yield from run.step()
    finally:
        run.close()
