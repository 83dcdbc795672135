"""Whether a request's prompts can be followed, told without a model: in milliseconds, as asked."""

from pipeline.adapters.names import AdapterNames
from pipeline.artifact import find_artifact
from pipeline.errors import UnknownAdapter
from pipeline.prompts.reading import fragments_of, read_prompts
from pipeline.prompts.tags import EMBEDDING_TYPE, read_calls
from pipeline.requests import GenerationRequest

MAX_TEXTS = 20  # of one prompt that changes over time: its brackets are mostly the same


def check_prompts(request: GenerationRequest, adapters: AdapterNames) -> None:
    """Raise `InvalidRequest` for brackets, numbers and tags that mean nothing.

    `UnknownAdapter` for what they call and is not here. What depends on the model is not known.
    """
    reading = read_prompts(request)
    calls = read_calls(tag for tag in reading.tags if tag.type != EMBEDDING_TYPE)
    for called in calls.hypernetworks:
        is_own = find_artifact(request.artifacts, "hypernetwork", called.name)
        if not is_own and called.name not in adapters.hypernetworks:
            raise UnknownAdapter(called.name, sorted(adapters.hypernetworks), "hypernetwork")
    for call in calls.loras:
        is_own = find_artifact(request.artifacts, "lora", call.name)
        if not is_own and adapters.lora(call.name) is None:
            raise UnknownAdapter(call.name, sorted(adapters.loras), "LoRA")
    scripts = [*reading.positive, *([reading.negative] if reading.negative else [])]
    for script in scripts:
        for text in list(script.counts)[:MAX_TEXTS]:
            fragments_of(text, request)
