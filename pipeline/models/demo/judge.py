"""Says what a picture shows, by comparing its pixels with drawn templates.

It knows the drawing rules and no model, so it can judge any model's pictures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from pipeline.models.demo.pictures import (
    COLOURS,
    PLACES,
    RADII,
    SHAPES,
    Array,
    Thing,
    coverage,
    place_center,
)
from pipeline.models.demo.scenes import FACTS, Attributes

VISIBLE = 0.2  # how far (RGB distance) a pixel must be from the background to belong to a thing
CALM = 0.9  # share of the frame's pixels that must have the background's colour
LIKENESS = 0.66  # least overlap (intersection over union) with a template to have its shape
PRESENCE = 0.5  # least overlap to stand at a place at all
OFF_PLACE = 0.1  # furthest a thing may stand from where its place is
NUDGES = (-1.5, 0.0, 1.5)


@dataclass(frozen=True, slots=True)
class Sighting:
    """What the judge sees; None where it cannot tell."""

    kind: str | None = None
    colour: str | None = None
    background: str | None = None
    place: str | None = None
    size: str | None = None
    core: tuple[float, ...] | None = None  # the thing's own colour, red, green, blue in 0..1

    def agrees(self, wanted: Attributes, fact: str) -> bool:
        return bool(getattr(self, fact) == getattr(wanted, fact))

    def accepts(self, wanted: Attributes) -> bool:
        """Whether the picture shows all that was wanted."""
        return all(self.agrees(wanted, fact) for fact in FACTS)


@dataclass(frozen=True, slots=True)
class Fit:
    """The template that overlaps a thing best."""

    likeness: float
    kind: str
    x: float
    y: float
    radius: float


def judge(picture: Array, kinds: Sequence[str] = tuple(SHAPES)) -> Sighting:
    """Look at one picture (height, width, 3) in 0..1 of a single thing, of one of these kinds."""
    background = frame_colour(picture)
    if background is None:
        return Sighting()
    distance = np.linalg.norm(picture - background, axis=-1)
    seen = distance > VISIBLE
    if seen.sum() < 30:
        return Sighting(background=nearest_colour(background))
    # The core of the thing: its edge is blurred with the background.
    colour = np.median(picture[seen & (distance > 0.7 * np.median(distance[seen]))], axis=0)
    core = tuple(map(float, colour))
    fit = best_fit(share_of(colour, background, picture), kinds)
    if fit is None or fit.likeness < PRESENCE:
        return Sighting(
            colour=nearest_colour(colour), background=nearest_colour(background), core=core
        )
    return Sighting(
        kind=fit.kind if fit.likeness >= LIKENESS else None,
        colour=nearest_colour(colour),
        background=nearest_colour(background),
        place=place_of(fit, *picture.shape[1::-1]),
        size=min(RADII, key=lambda size: abs(RADII[size] - fit.radius)),
        core=core,
    )


def frame_colour(picture: Array) -> Array | None:
    """The colour of the outermost pixels, if they agree on one."""
    sides = (picture[:2], picture[-2:], picture[:, :2], picture[:, -2:])
    frame = np.concatenate([side.reshape(-1, 3) for side in sides])
    colour = np.median(frame, axis=0)
    calm = np.linalg.norm(frame - colour, axis=-1) < VISIBLE
    return colour if calm.mean() > CALM else None


def nearest_colour(colour: Array) -> str:
    return min(COLOURS, key=lambda name: float(np.linalg.norm(colour - np.array(COLOURS[name]))))


def share_of(colour: Array, background: Array, picture: Array) -> Array:
    """How much of each pixel is the thing's colour: 0 background, 1 thing."""
    axis = (colour - background) / np.square(colour - background).sum()
    return np.clip((picture - background) @ axis, 0, 1)


def best_fit(share: Array, kinds: Sequence[str]) -> Fit | None:
    """The best template, each placed by its bounding box and then nudged."""
    box = bounding_box(share)
    if box is None:
        return None
    height, width = share.shape
    short = min(height, width)
    guesses = []
    for kind in kinds:
        left, top, right, bottom = extent(kind)
        radius = ((box[2] - box[0]) + (box[3] - box[1])) / (right - left + bottom - top)
        x = (box[0] + box[2]) / 2 - (left + right) / 2 * radius
        y = (box[1] + box[3]) / 2 - (top + bottom) / 2 * radius
        guesses.append(fitted(kind, x / short, y / short, radius / short, share))
    finalists = sorted(guesses, key=lambda fit: fit.likeness)[-2:]
    return max((nudged(fit, share) for fit in finalists), key=lambda fit: fit.likeness)


def bounding_box(share: Array) -> tuple[float, float, float, float] | None:
    """Left, top, right, bottom in pixels, blind to rows and columns with a stray pixel only."""
    across, down = (np.flatnonzero((share > 0.5).sum(axis=axis) >= 2) for axis in (0, 1))
    if len(across) < 4 or len(down) < 4:
        return None
    return float(across[0]), float(down[0]), float(across[-1] + 1), float(down[-1] + 1)


@cache
def extent(kind: str) -> tuple[float, float, float, float]:
    """The bounding box of a shape of radius one around its middle."""
    canvas, radius = 256, 0.3
    box = bounding_box(coverage(Thing(kind, (1, 1, 1), 0.5, 0.5, radius), canvas, canvas))
    assert box is not None, kind
    left, top, right, bottom = ((edge - canvas / 2) / (radius * canvas) for edge in box)
    return left, top, right, bottom


def fitted(kind: str, x: float, y: float, radius: float, share: Array) -> Fit:
    template = coverage(Thing(kind, (1, 1, 1), x, y, radius), *share.shape[::-1])
    overlap = np.minimum(template, share).sum() / np.maximum(template, share).sum()
    return Fit(float(overlap), kind, x, y, radius)


def nudged(fit: Fit, share: Array) -> Fit:
    """The best of small moves, one direction after the other."""
    pixel = 1 / min(share.shape)
    for dx, dy, dr in ((pixel, 0.0, 0.0), (0.0, pixel, 0.0), (0.0, 0.0, pixel)):
        tries = [
            fitted(fit.kind, fit.x + n * dx, fit.y + n * dy, fit.radius + n * dr, share)
            for n in NUDGES
        ]
        fit = max(tries, key=lambda one: one.likeness)
    return fit


def place_of(fit: Fit, width: int, height: int) -> str | None:
    """The place whose middle is nearest, if the thing stands there."""
    centers = {place: place_center(place, fit.radius, width, height) for place in PLACES}
    away = {place: np.hypot(x - fit.x, y - fit.y) for place, (x, y) in centers.items()}
    place = min(away, key=lambda name: away[name])
    return place if away[place] < OFF_PLACE else None
