"""Parts of a picture in words or numbers: `left third`, `ellipse 0.2,0.1,0.6,0.9`.

A region is in fractions of whatever picture it is laid on. It knows no masks' meaning.
"""

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pipeline.errors import MAX_SHOWN, InvalidRequest

Form: TypeAlias = Literal["rectangle", "ellipse"]

FORMS: dict[str, Form] = {
    "rectangle": "rectangle",
    "box": "rectangle",
    "ellipse": "ellipse",
    "oval": "ellipse",
    "circle": "ellipse",
}
SHARES = {"half": 1 / 2, "third": 1 / 3, "quarter": 1 / 4, "fifth": 1 / 5}
MULTIPLES = {"two": 2, "three": 3, "four": 4}
PLURALS = {"halves": "half", "thirds": "third", "quarters": "quarter", "fifths": "fifth"}
ACROSS = {"left": 0.0, "right": 1.0}  # where the free space is, as a share of it before the region
DOWN = {"top": 0.0, "upper": 0.0, "bottom": 1.0, "lower": 1.0}
CENTRE = {"centre", "center", "middle"}
WHOLE = {"all", "everything", "whole"}
FILLERS = {"the", "of", "a", "an", "in", "at", "picture", "image", "side", "part"}
NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)%?")
EXAMPLES = "`left third`, `top right quarter`, `ellipse centre half` or `0.2,0.1,0.6,0.9`"


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle, or the ellipse that fills it; fractions of a picture's width and height."""

    left: float
    top: float
    right: float
    bottom: float
    form: Form = "rectangle"

    def box(self, size: tuple[int, int]) -> tuple[int, int, int, int]:
        """Left, top, right, bottom in pixels on a picture of that size: at least one pixel."""
        width, height = size
        left = min(round(self.left * width), width - 1)
        top = min(round(self.top * height), height - 1)
        right = max(round(self.right * width), left + 1)
        bottom = max(round(self.bottom * height), top + 1)
        return left, top, right, bottom


def parse_region(text: str) -> Region:
    """The region that a text means.

    Numbers are left, top, right, bottom from 0 to 1 or in percent. Words are a side or corner and
    a share: `left third`, `bottom two thirds`; a corner's quarter is half as wide and half as high
    as the picture. Raises `InvalidRequest` for anything else.
    """
    words = re.split(r"[\s,;]+", text.casefold().strip(" ,;"))
    form = FORMS.get(words[0])
    if form:
        words = words[1:]
    if words and all(NUMBER.fullmatch(word) for word in words):
        left, top, right, bottom = _fractions(words)
    elif set(words) - FILLERS <= WHOLE and set(words) & WHOLE:
        left, top, right, bottom = 0.0, 0.0, 1.0, 1.0
    else:
        left, top, right, bottom = _named(words, text)
    return Region(left, top, right, bottom, form or "rectangle")


def _fractions(words: list[str]) -> tuple[float, float, float, float]:
    values = [float(word[:-1]) / 100 if word.endswith("%") else float(word) for word in words]
    if len(values) == 4 and 0 <= values[0] < values[2] <= 1 and 0 <= values[1] < values[3] <= 1:
        return values[0], values[1], values[2], values[3]
    raise InvalidRequest(
        "A region in numbers is left, top, right and bottom as parts of the picture, from 0 to 1 "
        "and each end after its beginning: `0.2,0.1,0.6,0.9`."
    )


def _named(words: list[str], text: str) -> tuple[float, float, float, float]:
    """The box that words of places and shares mean."""
    places = [word for word in words if word in ACROSS or word in DOWN or word in CENTRE]
    across = [ACROSS[word] for word in places if word in ACROSS]
    down = [DOWN[word] for word in places if word in DOWN]
    num_centres = sum(word in CENTRE for word in places)
    amounts = [PLURALS.get(word, word) for word in words if word not in [*places, *FILLERS]]
    multiple = MULTIPLES.get(amounts[0], 1) if amounts else 1
    shares = amounts[1:] if multiple > 1 else amounts
    understood = len(across) < 2 and len(down) < 2 and 0 < len(places) <= 2
    if not understood or len(shares) > 1 or (multiple > 1 and not shares):
        raise _refusal(text)
    if shares and shares[0] not in SHARES:
        raise _refusal(text)
    share = multiple * SHARES[shares[0]] if shares else 1 / 2
    if share > 1:
        raise _refusal(text)
    is_corner = bool(across and down) or num_centres > 0
    if is_corner and shares == ["quarter"] and multiple == 1:
        share = 1 / 2  # a quarter of the picture, not of each side
    # A side stretches along the whole of the other direction; a corner or the middle does not.
    wide = share if across or is_corner else 1.0
    high = share if down or is_corner else 1.0
    left = (across[0] if across else 1 / 2) * (1 - wide)
    top = (down[0] if down else 1 / 2) * (1 - high)
    return left, top, left + wide, top + high


def _refusal(text: str) -> InvalidRequest:
    shown = text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"
    return InvalidRequest(f"`{shown}` is no region: write it as in {EXAMPLES}.")
