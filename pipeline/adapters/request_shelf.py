"""What one request may name: the things that came with it, and behind them the community's folder.

Another request may mean other files by the same names.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from pipeline.adapters.aesthetic import AestheticEmbedding, read_aesthetic
from pipeline.adapters.embedding import Embedding
from pipeline.adapters.hypernetwork import Hypernetwork
from pipeline.adapters.lora import Lora
from pipeline.adapters.shelf import Shelf, misfit
from pipeline.artifact import ArtifactKind, UsedArtifact, find_artifact
from pipeline.errors import AdapterUnreadable, UnknownAdapter

Shown = TypeVar("Shown")
Thing = TypeVar("Thing", Embedding, Hypernetwork, Lora, AestheticEmbedding)


class RequestShelf:
    """A request's artifacts, and whatever else of a shelf they do not hide."""

    def __init__(self, shelf: Shelf, artifacts: Sequence[UsedArtifact] = ()) -> None:
        self._shelf = shelf
        self._artifacts = artifacts
        self._embeddings = [each for each in artifacts if each.kind == "embedding"]
        self._hidden = {each.name.casefold() for each in self._embeddings}

    def embeddings(self, width: int) -> Mapping[str, Embedding]:
        """By name, those whose vectors have the width of the model's tokens; the request's first.

        One that cannot be read is not among them.
        """
        own, _ = self._own(width)
        return own | self._unhidden(self._shelf.embeddings(width))

    def unusable_embeddings(self, width: int) -> Mapping[str, str]:
        """By name, for each of the others the sentence that says why it is none for this model."""
        _, reasons = self._own(width)
        return reasons | self._unhidden(self._shelf.unusable_embeddings(width))

    def hypernetwork(self, name: str) -> Hypernetwork:
        """Raises `UnknownAdapter` that offers the nearest names, or `AdapterUnreadable`."""
        return self._find(
            "hypernetwork", name, self._shelf.hypernetwork_in, self._shelf.hypernetwork
        )

    def lora(self, name: str) -> Lora:
        """Errors as above."""
        return self._find("lora", name, self._shelf.lora_in, self._shelf.lora)

    def aesthetic(self, name: str) -> AestheticEmbedding:
        """Errors as above."""
        return self._find("aesthetic", name, read_aesthetic, self._shelf.aesthetic)

    def _find(
        self,
        kind: ArtifactKind,
        name: str,
        read: Callable[[Path], Thing],
        from_folder: Callable[[str], Thing],
    ) -> Thing:
        """A request's own of a kind, or the folder's."""
        if artifact := find_artifact(self._artifacts, kind, name):
            return read_artifact(artifact, read)
        try:
            return from_folder(name)
        except UnknownAdapter as error:
            raise self._with_own(error, kind) from error

    def _with_own(self, error: UnknownAdapter, kind: ArtifactKind) -> UnknownAdapter:
        """The same refusal, which offers the request's own names too."""
        own = [each.name for each in self._artifacts if each.kind == kind]
        return UnknownAdapter(error.name, [*own, *error.known], error.kind)

    def _own(self, width: int) -> tuple[dict[str, Embedding], dict[str, str]]:
        """The request's own embeddings that can be used, and why the others cannot."""
        fitting, reasons = {}, {}
        for artifact in self._embeddings:
            if not artifact.path:
                continue
            try:
                each = read_artifact(artifact, self._shelf.embedding_in)
            except AdapterUnreadable as error:
                reasons[artifact.name] = error.message
                continue
            if each.width == width:
                fitting[artifact.name] = each
            else:
                reasons[artifact.name] = misfit(each, width)
        return fitting, reasons

    def _unhidden(self, things: Mapping[str, Shown]) -> dict[str, Shown]:
        return {name: it for name, it in things.items() if name.casefold() not in self._hidden}


def read_artifact(artifact: UsedArtifact, read: Callable[[Path], Thing]) -> Thing:
    """An artifact's file under the artifact's name, whatever the file is called."""
    path = Path(artifact.path)
    try:
        return replace(read(path), name=artifact.name)
    except AdapterUnreadable as error:
        said = error.message.replace(f"`{path.stem}`", f"`{artifact.name}`", 1)
        raise AdapterUnreadable(said) from error
