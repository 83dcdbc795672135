"""Whether a request's prompts can be followed, told without a model: in milliseconds, as asked."""

from pipeline.prompts.reading import fragments_of, read_prompts
from pipeline.prompts.tags import EMBEDDING_TYPE, read_calls
from pipeline.requests import GenerationRequest

MAX_TEXTS = 20  # of one prompt that changes over time: its brackets are mostly the same


def check_prompts(request: GenerationRequest) -> None:
    """Raise `InvalidRequest` for brackets, numbers and tags that mean nothing.

    What depends on the model, or on which files there are now, is not known here.
    """
    reading = read_prompts(request)
    read_calls(tag for tag in reading.tags if tag.type != EMBEDDING_TYPE)
    scripts = [*reading.positive, *([reading.negative] if reading.negative else [])]
    for script in scripts:
        for text in list(script.counts)[:MAX_TEXTS]:
            fragments_of(text, request)
