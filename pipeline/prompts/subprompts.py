"""AND: one prompt that is several, each with a weight of its own (spec: webui §1.6)."""

import math
import re
from typing import NamedTuple

from pipeline.errors import InvalidRequest

AND_WORD = re.compile(r"\bAND\b")
WEIGHT = re.compile(r"[-+]?(?:\d+\.?|\d*\.\d+)")


class Subprompt(NamedTuple):
    """One of the prompts that guide a picture together."""

    text: str
    weight: float


def split_subprompts(prompt: str) -> list[Subprompt]:
    """Cut a prompt at every AND and take off the weights at the ends, at least one.

    A prompt without AND loses a number at its end as well: the reference's way, which pictures
    depend on. Raises `InvalidRequest` where a weight is no finite number.
    """
    return [weighed(part) for part in AND_WORD.split(prompt)]


def weighed(text: str) -> Subprompt:
    """One sub-prompt without the weight at its end."""
    before, colon, number = text.rpartition(":")
    if not colon or not WEIGHT.fullmatch(number.strip()):
        return Subprompt(text.rstrip(), 1.0)
    weight = float(number)
    if not math.isfinite(weight):
        raise InvalidRequest(
            "A weight behind AND is too large to be a number: write a smaller one."
        )
    return Subprompt(before.rstrip(), weight)
