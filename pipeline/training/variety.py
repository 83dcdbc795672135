"""How much sample pictures differ: from seed to seed, and from prompt to prompt."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.requests import GenerationRequest

SIDE = 16  # pixels that are compared: what is where, in which colour, and no grain

Glimpse = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Variety:
    """Mean differences of pixels, 0 to 1; None where there is nothing to compare."""

    across_seeds: float | None  # of one prompt
    across_prompts: float | None  # at one seed


def variety_of(requests: Sequence[GenerationRequest], pictures: Sequence[bytes]) -> Variety:
    """What the pictures of some requests, one for each of their seeds, come to."""
    glimpses = iter([glimpse(each) for each in pictures])
    made = [{seed: next(glimpses) for seed in request.seeds} for request in requests]
    of_seeds = [
        difference(one, other)
        for pictures_of in made
        for one, other in combinations(pictures_of.values(), 2)
    ]
    of_prompts = [
        difference(one[seed], other[seed])
        for one, other in combinations(made, 2)
        for seed in one.keys() & other.keys()
    ]
    return Variety(mean(of_seeds), mean(of_prompts))


def glimpse(png: bytes) -> Glimpse:
    """A picture so small that only its gist is left."""
    with Image.open(BytesIO(png)) as picture:
        small = picture.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BOX)
    return np.asarray(small, np.float64) / 255


def difference(one: Glimpse, other: Glimpse) -> float:
    return float(np.abs(one - other).mean())


def mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
