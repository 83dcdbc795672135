"""What a request calls by name, or may call: told from its texts, without looking for any of it."""

import re
from dataclasses import dataclass

from pipeline.artifact import ArtifactKind
from pipeline.prompts.tags import HYPERNETWORK_TYPE, LORA_TYPES, extract_tags
from pipeline.requests import GenerationRequest

TAGGED: dict[str, ArtifactKind] = {HYPERNETWORK_TYPE: "hypernetwork"}
TAGGED.update(dict.fromkeys(LORA_TYPES, "lora"))
# Letters and digits, with single hyphens and dots between them; a sentence's own stand at its end.
NAME = r"\w+(?:[.-]\w+)*"
WORD = re.compile(rf"(?:[\w.-]+/)?{NAME}")


@dataclass(frozen=True, slots=True)
class CalledName:
    """A name as it is written; an embedding's may be any word of the text."""

    kind: ArtifactKind
    name: str


def called_names(request: GenerationRequest) -> tuple[CalledName, ...]:
    """Every name once, in the order in which it is written."""
    _, tags = extract_tags(request.prompt)
    called = [
        CalledName(TAGGED[tag.type], tag.positional[0].strip())
        for tag in tags
        if tag.type in TAGGED and tag.positional
    ]
    called += [CalledName("embedding", word) for word in WORD.findall(plain_text(request))]
    if request.aesthetic_embedding:
        called.append(CalledName("aesthetic", request.aesthetic_embedding))
    if request.model:
        called.append(CalledName("checkpoint", request.model))
    return tuple(dict.fromkeys(called))


def plain_text(request: GenerationRequest) -> str:
    """A request's texts without their tags."""
    text, _ = extract_tags(request.prompt)
    return f"{text}\n{request.negative_prompt}"
