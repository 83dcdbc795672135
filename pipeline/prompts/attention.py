"""Attention: which part of a text counts how much, from its brackets (spec: webui §1.1, §1.2).

The text here is a plain one: which text holds at which step was decided before.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

import numpy as np

from pipeline.errors import InvalidRequest

BREAK = "BREAK"
BREAK_WEIGHT = -1.0
MAX_OPEN_BRACKETS = 1000  # at once: each may weigh every fragment inside it anew


class Fragment(NamedTuple):
    """A piece of text and its weight."""

    text: str
    weight: float

    @property
    def is_break(self) -> bool:
        """Whether a chunk ends here. Weighed by brackets, BREAK is a word like any other."""
        return self.text == BREAK and self.weight == BREAK_WEIGHT


@dataclass(frozen=True, slots=True)
class Brackets:
    """The brackets that weigh, and how a text is cut around them."""

    multipliers: Mapping[str, float]  # by opening bracket
    opening: Mapping[str, str]  # by closing bracket
    token: re.Pattern[str]  # its group, if it has one, is an explicit weight


WEBUI_BRACKETS = Brackets(
    {"(": 1.1, "[": 1 / 1.1},
    {")": "(", "]": "["},
    re.compile(r"\\[()\[\]\\]?|[(\[]|:\s*([+-]?[.\d]+)\s*\)|[)\]]|[^\\()\[\]:]+|:"),
)
NAI_BRACKETS = Brackets(
    {"{": 1.05, "[": 1 / 1.05},
    {"}": "{", "]": "["},
    re.compile(r"\\[{}\[\]\\]?|[{\[]|[}\]]|[^\\{}\[\]]+"),
)
BREAK_WORD = re.compile(rf"\b{BREAK}\b")


def parse_attention(text: str, brackets: Brackets = WEBUI_BRACKETS) -> list[Fragment]:
    """Cut a text into fragments of equal weight, at least one.

    Weights are multiplied from the innermost bracket outwards, as the reference does, since the
    last bits depend on it. Raises `InvalidRequest` where a weight is no finite number.
    """
    fragments = _Fragments(len(text), brackets)
    for match in brackets.token.finditer(text):
        token, weight = match[0], match[1] if match.re.groups else None
        if token.startswith("\\"):
            fragments.append(token[1:])
        elif token in brackets.multipliers:
            fragments.open(token)
        elif weight is not None and fragments.starts["("]:
            fragments.close("(", _number(weight))
        elif token in brackets.opening and fragments.starts[brackets.opening[token]]:
            fragments.close(brackets.opening[token])
        else:
            fragments.append_broken(token)
    return fragments.finished()


class _Fragments:
    """What was read so far, and where brackets that are still open began."""

    def __init__(self, length: int, brackets: Brackets) -> None:
        self.texts: list[str] = []
        self.weights = np.ones(length + 1)
        self.multipliers = brackets.multipliers
        self.starts: dict[str, list[int]] = {bracket: [] for bracket in brackets.multipliers}

    def append(self, text: str) -> None:
        self.texts.append(text)

    def append_broken(self, text: str) -> None:
        """Append a text that BREAK may stand in."""
        parts = BREAK_WORD.split(text)
        for number, part in enumerate(parts):
            if number:
                self.weights[len(self.texts)] = BREAK_WEIGHT
                self.append(BREAK)
                part = part.lstrip()
            self.append(part.rstrip() if number < len(parts) - 1 else part)

    def open(self, bracket: str) -> None:
        self.starts[bracket].append(len(self.texts))
        if len(self.starts[bracket]) > MAX_OPEN_BRACKETS:
            raise InvalidRequest(
                f"More than {MAX_OPEN_BRACKETS:,} brackets are open at once in this prompt: "
                "close some of them."
            )

    def close(self, bracket: str, multiplier: float | None = None) -> None:
        """Weigh everything since the innermost such bracket."""
        start = self.starts[bracket].pop()
        chosen = self.multipliers[bracket] if multiplier is None else multiplier
        with np.errstate(over="ignore", invalid="ignore"):
            self.weights[start : len(self.texts)] *= chosen

    def finished(self) -> list[Fragment]:
        """Everything read; brackets that are still open end here."""
        for bracket, starts in self.starts.items():
            for start in starts:
                with np.errstate(over="ignore", invalid="ignore"):
                    self.weights[start : len(self.texts)] *= self.multipliers[bracket]
        weights = self.weights[: len(self.texts)]
        if not np.isfinite(weights).all():
            raise InvalidRequest(
                "The brackets of this prompt make a weight that is too large to be a number: "
                "use fewer of them, or smaller weights."
            )
        pieces = groupby(zip(weights.tolist(), self.texts, strict=True), key=lambda piece: piece[0])
        return [Fragment("".join(text for _, text in run), weight) for weight, run in pieces] or [
            Fragment("", 1.0)
        ]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise InvalidRequest(
            f"`{text}` is no weight: write one number after the colon, such as (word:1.2)."
        ) from error
