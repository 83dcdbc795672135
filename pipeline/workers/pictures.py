"""Pictures that a run of training asked for, on their way."""

from collections.abc import Sequence

from pipeline.config import PipelineConfig
from pipeline.engine.engine import Engine
from pipeline.requests import GenerationRequest
from pipeline.results import Failed, GeneratedImage, Turn


class PicturesInTheMaking:
    """All pictures of some requests, made one turn at a time with the models of an engine.

    They share no call with other people's pictures: whether those are there changes no bit.
    """

    def __init__(
        self, config: PipelineConfig, host: Engine, requests: Sequence[GenerationRequest]
    ) -> None:
        self._engine = Engine(config, str(host.device), host)
        self._models = {config.model_of(request)[0] for request in requests}
        self._places = {request.id: place for place, request in enumerate(requests)}
        self._made: list[GeneratedImage] = []
        for request in requests:
            self._engine.submit(request)

    @property
    def next_turn(self) -> Turn:
        return self._engine.next_turn

    @property
    def num_made(self) -> int:
        return len(self._made)

    def step(self) -> list[bytes] | None:
        """Take a turn; all PNGs with the last one, in the order of requests and their seeds.

        Raises what went wrong with one of them.
        """
        for event in self._engine.step():
            if isinstance(event, Failed):
                raise event.error
            if isinstance(event, GeneratedImage):
                self._made.append(event)
        if not self._engine.idle:
            return None
        made = sorted(self._made, key=lambda each: (self._places[each.request_id], each.index))
        return [each.png for each in made]

    def leave(self) -> None:
        """Make no more. What was learned by now is a model that no later step has."""
        self._engine.leave()
        for key in self._models:
            self._engine.models.drop_learned(key)
