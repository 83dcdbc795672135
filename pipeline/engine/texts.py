"""What a request's images attend to, pass by pass."""

from pipeline.prompts.aesthetic import Turns
from pipeline.prompts.conditioning import Conditioning
from pipeline.prompts.encoder import PromptEncoder
from pipeline.requests import GenerationRequest


def all_passes(
    encoder: PromptEncoder, request: GenerationRequest
) -> Turns[tuple[Conditioning, ...]]:
    """Read all texts of a request."""
    conditionings = []
    for number in range(len(request.passes)):
        conditioning = yield from encoder.encoding(request, number)
        conditionings.append(conditioning)
    return tuple(conditionings)
