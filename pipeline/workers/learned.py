"""What a run of training has learned so far, as its sample pictures find it."""

from collections.abc import Sequence
from dataclasses import replace

from pipeline.artifact import KINDS_BY_FOLDER, UsedArtifact
from pipeline.requests import GenerationRequest
from pipeline.results import Artifact, PicturesWanted
from pipeline.training_request import TrainingRequest


class Learned:
    """The latest that there is of it."""

    def __init__(self, request: TrainingRequest, base: str) -> None:
        self._request = request
        self._base = base  # the model that learns
        self._latest: tuple[UsedArtifact, ...] = ()

    def note(self, artifact: Artifact) -> None:
        """More was learned."""
        used = UsedArtifact(
            kind=KINDS_BY_FOLDER[artifact.folder],
            name=self._request.name,
            path=str(artifact.path),
            base=self._base,
        )
        self._latest = (used,)

    def samples(self, wanted: PicturesWanted) -> PicturesWanted:
        """The same, with requests that find what was learned under its name."""
        if not wanted.num_done:
            return replace(wanted, requests=tuple(map(self._without, wanted.requests)))
        used: dict[str, object] = {}
        if any(each.kind == "checkpoint" for each in self._latest):
            used["model"] = self._request.name
        requests = tuple(
            each.model_copy(update={"artifacts": self._with_own(each.artifacts)} | used)
            for each in wanted.requests
        )
        return replace(wanted, requests=requests)

    def _without(self, wanted: GenerationRequest) -> GenerationRequest:
        """The same, drawn without what an earlier run may have left under the name."""
        if KINDS_BY_FOLDER[self._request.method.folder] != "embedding":
            return wanted  # nothing else is called without a tag
        word = UsedArtifact(kind="embedding", name=self._request.name, path="")
        return wanted.model_copy(update={"artifacts": (*wanted.artifacts, word)})

    def _with_own(self, others: Sequence[UsedArtifact]) -> tuple[UsedArtifact, ...]:
        """What was learned, and of others those that it does not hide."""
        hidden = {(each.kind, each.name.casefold()) for each in self._latest}
        rest = (each for each in others if (each.kind, each.name.casefold()) not in hidden)
        return (*self._latest, *rest)
