"""Learned things that one request may name, wherever their files are: plain values, no torch."""

from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias

from pydantic import Field

from pipeline.checkpoint import Family
from pipeline.model_fit import ModelFit
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
    path: str  # of its file, a checkpoint's folder; of an embedding empty: the name is just a word
    base: str | None = None  # of a checkpoint: the model in config that it was made from
    id: str = ""  # by which whoever asks knows it


def find_artifact(
    artifacts: Iterable[UsedArtifact], kind: ArtifactKind, name: str
) -> UsedArtifact | None:
    """The one of a kind that somebody calls by a name; capitals make no difference."""
    wanted = name.strip().casefold()
    named = (it for it in artifacts if it.kind == kind and it.name.casefold() == wanted)
    return next(named, None)


class ArtifactCard(PlainValue):
    """What the file of something learned says of itself."""

    kind: ArtifactKind
    name: str  # that it gives itself, or else the name of its file
    family: Family | None  # of the models that it is for; None: its file does not tell
    width: int | None  # numbers that a token has there; of an aesthetic embedding, that a picture
    suffix: str  # under which its file is to be stored; empty: it is a folder
    facts: Mapping[str, str | int | float] = Field(default_factory=dict)
    """Of these, what its file tells: vectors, layers, widths, activation, rank, alpha, parts,
    steps, base (the name of the model that it was made with), token."""

    def fits(self, model: ModelFit) -> bool:
        """Whether it can be used with a model of such a kind, as far as its file tells."""
        if self.kind == "checkpoint":
            return True  # it is a model itself
        if self.kind == "aesthetic":
            return model.family != "sdxl" and self.width == model.image_width
        if self.width is not None:
            return self.width == model.token_width
        return self.family in (None, model.family)
