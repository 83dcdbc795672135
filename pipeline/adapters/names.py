"""Which adapters there are, by the names that prompts call them by; told without reading a file.

Torch-free, for whoever only wants to say what is not here.
"""

from dataclasses import dataclass
from pathlib import Path

PARTS = ("embeddings", "hypernetworks", "loras", "aesthetic")  # folders
CARD_SUFFIXES = {".png", ".webp", ".avif"}  # embeddings as pictures, with their names inside


@dataclass(frozen=True, slots=True)
class AdapterNames:
    """The stems of all files, of whatever kind: whether one can be read, its reader says."""

    embeddings: frozenset[str] = frozenset()
    hypernetworks: frozenset[str] = frozenset()
    loras: frozenset[str] = frozenset()
    aesthetic: frozenset[str] = frozenset()
    has_cards: bool = False  # among the embeddings, so that there may be any name

    @classmethod
    def in_folder(cls, folder: Path | None) -> "AdapterNames":
        """What is in a folder of adapters now; without one, nothing."""
        if folder is None:
            return cls()
        found = {part: [*(folder / part).rglob("*")] for part in PARTS}
        names = {part: frozenset(path.stem for path in paths) for part, paths in found.items()}
        cards = (path.suffix.lower() in CARD_SUFFIXES for path in found["embeddings"])
        return cls(**names, has_cards=any(cards))
