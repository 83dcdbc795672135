"""Requests that call what a training has learned, whether or not their prompt says so."""

import re
from typing import Any

from pipeline import ArtifactKind, GenerationRequest, called_within

TAGS: dict[ArtifactKind, str] = {"lora": "lora", "hypernetwork": "hypernet"}


def calling(
    request: GenerationRequest,
    kind: ArtifactKind,
    name: str,
    base: str | None = None,
    word: str | None = None,
) -> GenerationRequest:
    """The request with the name of what was learned in it, as far as it is not there.

    `word` is what it was learned by, if that is another: what is renamed still heeds that, but
    for an embedding, which is its name. Where another model was chosen than `base`, the one that
    a checkpoint was made from, it stays.
    """
    changes: dict[str, Any] = {}
    prompt = request.prompt
    tag = TAGS.get(kind)
    if kind == "embedding" or word is None:
        word = name
    positive = request.model_copy(update={"negative_prompt": ""})
    is_said = _says(_without_tags(prompt), word) or called_within(positive, [word])
    if kind != "aesthetic" and not is_said:
        prompt = f"{word}, {prompt}"
    if tag and not re.search(rf"<{tag}:{re.escape(name)}[:>]", prompt, re.IGNORECASE):
        prompt = f"{prompt} <{tag}:{name}:1>"
    if kind == "aesthetic" and not request.aesthetic_embedding:
        changes["aesthetic_embedding"] = name
    if kind == "checkpoint" and request.model in (None, base):
        changes["model"] = name
    return request.model_copy(update=changes | {"prompt": prompt})


def renamed(
    request: GenerationRequest, kind: ArtifactKind, before: str, name: str
) -> GenerationRequest:
    """The same where something bears another name now; the word that it heeds stays."""
    called = _word(before) if kind == "embedding" else rf"(?<=:){re.escape(before)}(?=[:>])"
    prompt = re.sub(called, lambda _: name, request.prompt, flags=re.IGNORECASE)
    return request.model_copy(update={"prompt": prompt})


def _says(text: str, name: str) -> bool:
    return re.search(_word(name), text, re.IGNORECASE) is not None


def _word(name: str) -> str:
    return rf"(?<![\w-]){re.escape(name)}(?![\w-])"


def _without_tags(prompt: str) -> str:
    return re.sub(r"<\w+:[^>]+>", "", prompt)
