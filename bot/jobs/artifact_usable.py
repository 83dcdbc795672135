"""What somebody may call, by the names that they may call it by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.jobs.artifact_resolving import label
from bot.records.models import StoredArtifact
from pipeline import ArtifactKind


@dataclass(frozen=True, slots=True)
class UsableNames:
    """What one user may use in one place, what is meant first before the rest."""

    user_id: int
    usable: Sequence[StoredArtifact]

    def of_kind(self, kind: ArtifactKind) -> Mapping[str, StoredArtifact]:
        """By name: one's own by theirs alone, others' with their owner's, too."""
        found = [it for it in self.usable if it.kind == kind]
        # The first of a name is meant: what is one's own, or fits.
        named = {it.name: it for it in reversed(found)}
        named |= {it.name: it for it in found if it.owner_id == self.user_id}
        others = {label(it): it for it in found if it.owner_id != self.user_id}
        return named | others
