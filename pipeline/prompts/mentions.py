"""Which of some names a prompt could call, told without a tokenizer: rather too many than too few.

A text is seen as the tokenizer first cuts it, into runs of letters and single other signs, so that
a name is found where the model would find it and not inside a longer word.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from pipeline.prompts.tags import extract_tags

ATOM = re.compile(r"[^\W\d_]+|\S")  # a run of letters, or one other sign

Atoms: TypeAlias = tuple[str, ...]


def names_in_prompt(prompt: str, names: Iterable[str]) -> set[str]:
    """Those that tags call, and those that stand in the text; of two at one place the longer.

    Capitals, spaces and backslashes make no difference.
    """
    by_atoms: dict[Atoms, set[str]] = defaultdict(set)
    for name in names:
        if atoms := atoms_of(name):
            by_atoms[atoms].add(name)
    text, tags = extract_tags(prompt)
    called = {atoms_of(tag.positional[0]) for tag in tags if tag.positional}
    found = [*called & by_atoms.keys(), *_standing_in(atoms_of(text), [*by_atoms])]
    return {name for atoms in found for name in by_atoms[atoms]}


def atoms_of(text: str) -> Atoms:
    """What a tokenizer cuts a text into before all else."""
    plain = unicodedata.normalize("NFC", text.replace("\\", "")).casefold()
    return tuple(ATOM.findall(plain))


def _standing_in(text: Atoms, names: Sequence[Atoms]) -> list[Atoms]:
    """The names that a text has in it."""
    by_first: dict[str, list[Atoms]] = defaultdict(list)
    for name in sorted(names, key=len, reverse=True):
        by_first[name[0]].append(name)
    found, place = [], 0
    while place < len(text):
        here = [it for it in by_first[text[place]] if text[place : place + len(it)] == it]
        found += here[:1]
        place += len(here[0]) if here else 1
    return found
