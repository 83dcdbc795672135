"""Learned things that one request may name, wherever their files are: plain values, no torch."""

from typing import Literal, TypeAlias

from pipeline.values import PlainValue

ArtifactKind: TypeAlias = Literal["embedding", "hypernetwork", "lora", "aesthetic", "checkpoint"]

KINDS_BY_FOLDER: dict[str, ArtifactKind] = {
    "embeddings": "embedding",
    "hypernetworks": "hypernetwork",
    "loras": "lora",
    "aesthetic": "aesthetic",
    "models": "checkpoint",
}
"""By the folder of adapters in which a thing of the kind would lie."""


class UsedArtifact(PlainValue):
    """Something that was learned, under the name that one request calls it by.

    It hides what the folder of adapters has under the same name.
    """

    kind: ArtifactKind
    name: str
    path: str  # of its file; a checkpoint may be a folder
    base: str | None = None  # of a checkpoint: the model in config that it was made from
