"""What is read of a request before its images run: its input picture, and its texts."""

from pipeline.engine.init_image import InitImage, encode_init_image, needs_encoding
from pipeline.engine.running_image import RunningImage
from pipeline.engine.texts import all_passes
from pipeline.models.super_resolution import SuperResolution
from pipeline.prompts.aesthetic import Turns
from pipeline.prompts.conditioning import Conditioning
from pipeline.prompts.encoder import PromptEncoder
from pipeline.requests import GenerationRequest
from pipeline.sampling.sigmas import NoiseLevels


class Reader:
    """Reads requests in turns; it knows them by their ids until they are done or dropped."""

    def __init__(self, super_resolution: SuperResolution) -> None:
        self._enlarge = super_resolution.enlarge
        self._encodings: dict[str, Turns[tuple[Conditioning, ...]]] = {}  # begun and not done
        self._inits: dict[str, InitImage] = {}

    def has_begun(self, request_id: str) -> bool:
        """Whether its texts are being read, with the model that it has."""
        return request_id in self._encodings

    def read(self, request: GenerationRequest, encoder: PromptEncoder) -> list[RunningImage] | None:
        """Take a turn of a request; the last one returns its images.

        The input picture is all of the first turn.
        """
        if request.id not in self._inits and needs_encoding(request, encoder.model):
            self._inits[request.id] = encode_init_image(request, encoder.model, self._enlarge)
            return None
        encoding = self._encodings.pop(request.id, None) or all_passes(encoder, request)
        try:
            next(encoding)
        except StopIteration as done:
            conditionings = done.value
        else:
            self._encodings[request.id] = encoding
            return None
        levels = NoiseLevels(encoder.model.alphas_cumprod)
        init = self._inits.pop(request.id, None)
        return [
            RunningImage(request, index, encoder.model, levels, conditionings, init)
            for index in range(len(request.seeds))
        ]

    def drop(self, request_id: str) -> None:
        """Forget what was read of it."""
        if encoding := self._encodings.pop(request_id, None):
            encoding.close()
        self._inits.pop(request_id, None)
