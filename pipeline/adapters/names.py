"""Which adapters there are, by the names that prompts call them by; told without reading them.

Torch-free, for whoever only wants to say what is not here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.adapters.lora_headers import stems_by_alias, stems_by_hash
from pipeline.artifact import ArtifactKind

PARTS = ("embeddings", "hypernetworks", "loras", "aesthetic")  # folders
CARD_SUFFIXES = {".png", ".webp", ".avif"}  # embeddings as pictures, with their names inside


@dataclass(frozen=True, slots=True)
class AdapterNames:
    """What may be called; of files the stems of all: whether one can be read, its reader says."""

    embeddings: frozenset[str] = frozenset()
    hypernetworks: frozenset[str] = frozenset()
    loras: frozenset[str] = frozenset()
    aesthetic: frozenset[str] = frozenset()
    lora_aliases: Mapping[str, str] = field(default_factory=dict)  # other names of theirs → stems
    lora_hashes: Mapping[str, str] = field(default_factory=dict)  # short hashes → stems
    has_cards: bool = False  # among the embeddings, so that there may be any name
    others: frozenset[tuple[ArtifactKind, str]] = frozenset()  # elsewhere; names are casefolded

    @classmethod
    def in_folder(cls, folder: Path | None) -> "AdapterNames":
        """What is in a folder of adapters now; without one, nothing."""
        if folder is None:
            return cls()
        found = {part: [*(folder / part).rglob("*")] for part in PARTS}
        stems = {part: frozenset(path.stem for path in paths) for part, paths in found.items()}
        cards = (path.suffix.lower() in CARD_SUFFIXES for path in found["embeddings"])
        return cls(
            stems["embeddings"],
            stems["hypernetworks"],
            stems["loras"],
            stems["aesthetic"],
            lora_aliases=stems_by_alias(found["loras"]),
            lora_hashes=stems_by_hash(found["loras"]),
            has_cards=any(cards),
        )

    def with_others(self, others: Iterable[tuple[ArtifactKind, str]]) -> "AdapterNames":
        """The same with things that are not in the folder, whose names have no capitals."""
        return replace(self, others=frozenset((kind, name.casefold()) for kind, name in others))

    def has(self, kind: ArtifactKind, name: str) -> bool:
        """Whether something of a kind is called so; a LoRA also by `lora`."""
        here: Mapping[ArtifactKind, frozenset[str]] = {
            "embedding": self.embeddings,
            "hypernetwork": self.hypernetworks,
            "lora": self.loras,
            "aesthetic": self.aesthetic,
        }
        return (kind, name.casefold()) in self.others or name in here.get(kind, ())

    def lora(self, name: str, short_hash: str | None = None) -> str | None:
        """The stem of the file that a call means: by its hash, if that is known, or by a name."""
        if stem := self.lora_hashes.get(short_hash or ""):
            return stem
        return name if self.has("lora", name) else self.lora_aliases.get(name)
