"""Flat shapes on flat backgrounds: everything the demo model ever sees.

Lengths are fractions of the picture's shorter side. This module draws; it knows no captions.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
Colour = tuple[float, float, float]  # red, green, blue in 0..1

COLOURS: dict[str, Colour] = {
    "red": (0.86, 0.10, 0.12),
    "orange": (1.00, 0.55, 0.05),
    "yellow": (1.00, 0.90, 0.15),
    "green": (0.10, 0.62, 0.22),
    "blue": (0.12, 0.30, 0.88),
    "purple": (0.58, 0.16, 0.72),
    "white": (0.97, 0.97, 0.97),
    "black": (0.05, 0.05, 0.05),
}
PLACES = ("left", "right", "top", "bottom", "center")
RADII = {"small": 0.19, "large": 0.29}
MARGIN = 0.045
PATTERN_PERIOD = 0.25


@dataclass(frozen=True, slots=True)
class Thing:
    """One shape or pattern; a pattern fills the picture and uses neither place nor radius."""

    kind: str
    colour: Colour
    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class Picture:
    """All that is needed to draw one picture."""

    width: int
    height: int
    background: Colour
    things: tuple[Thing, ...]


def circle(u: Array, v: Array) -> Array:
    return np.hypot(u, v) - 0.98


def square(u: Array, v: Array) -> Array:
    return np.maximum(np.abs(u), np.abs(v)) - 0.85


def diamond(u: Array, v: Array) -> Array:
    return (np.abs(u) * 1.3 + np.abs(v) - 1.1) / 1.64


def triangle(u: Array, v: Array) -> Array:
    return np.maximum(v - 0.75, 0.866 * np.abs(u) - 0.5 * v - 0.5)


def star(u: Array, v: Array) -> Array:
    """A five-pointed star, folded at its mirror axes to one edge."""
    fifth = 2 * np.pi / 5
    angle = np.arctan2(u, -v)
    angle = np.abs((angle + fifth / 2) % fifth - fifth / 2)
    length = np.hypot(u, v)
    along, across = length * np.cos(angle), length * np.sin(angle)
    tip, notch = 1.1, 0.46
    edge_x, edge_y = notch * np.cos(fifth / 2) - tip, notch * np.sin(fifth / 2)
    return ((along - tip) * edge_y - across * edge_x) / np.hypot(edge_x, edge_y)


def heart(u: Array, v: Array) -> Array:
    """Two discs on a wedge."""
    u, v = np.abs(u), v + 0.05
    disc = np.hypot(u - 0.46, v + 0.38) - 0.54
    wedge = np.maximum(0.7071 * (u + v) - 0.714, -v - 0.38)
    return np.minimum(disc, np.maximum(wedge, u - 1.0))


def cross(u: Array, v: Array) -> Array:
    u, v = np.abs(u), np.abs(v)
    return np.minimum(np.maximum(u - 0.98, v - 0.33), np.maximum(u - 0.33, v - 0.98))


def ring(u: Array, v: Array) -> Array:
    return np.abs(np.hypot(u, v) - 0.76) - 0.22


def crescent(u: Array, v: Array) -> Array:
    return np.maximum(np.hypot(u, v) - 0.98, 0.80 - np.hypot(u - 0.5, v))


def arrow(u: Array, v: Array) -> Array:
    """An arrow that points to the right."""
    shaft = np.maximum(np.abs(v) - 0.24, np.abs(u + 0.45) - 0.5)
    head = np.maximum(-u, 0.7071 * (u + np.abs(v)) - 0.68)
    return np.minimum(shaft, head)


def dots(u: Array, v: Array) -> Array:
    return np.hypot(u % 1 - 0.5, v % 1 - 0.5) - 0.3


def grid(u: Array, v: Array) -> Array:
    return np.minimum(np.abs(u % 1 - 0.5), np.abs(v % 1 - 0.5)) - 0.12


def stripes(u: Array, v: Array) -> Array:
    del v
    return np.abs(u % 1 - 0.5) - 0.25


def checkerboard(u: Array, v: Array) -> Array:
    du, dv = np.abs(u % 1 - 0.5) - 0.25, np.abs(v % 1 - 0.5) - 0.25
    return np.sign(du * dv) * np.minimum(np.abs(du), np.abs(dv))


# Each gives the distance to its edge in radii (for patterns: periods), negative inside.
Form = Callable[[Array, Array], Array]
SHAPES: dict[str, Form] = {
    form.__name__: form for form in (circle, square, triangle, star, heart, cross, diamond, ring)
}
PATTERNS: dict[str, Form] = {form.__name__: form for form in (dots, grid)}
# Only the VAE sees these, so that a learned embedding has something new to learn.
UNSEEN_SHAPES: dict[str, Form] = {form.__name__: form for form in (crescent, arrow)}
UNSEEN_PATTERNS: dict[str, Form] = {form.__name__: form for form in (stripes, checkerboard)}
ALL_PATTERNS = PATTERNS | UNSEEN_PATTERNS
ALL_FORMS = SHAPES | UNSEEN_SHAPES | ALL_PATTERNS


def place_center(place: str, radius: float, width: int, height: int) -> tuple[float, float]:
    """Where the middle of a shape stands, so that it keeps the margin to the edge it is at."""
    short = min(width, height)
    across, down = width / short, height / short
    near = radius + MARGIN
    return {
        "left": (near, down / 2),
        "right": (across - near, down / 2),
        "top": (across / 2, near),
        "bottom": (across / 2, down - near),
        "center": (across / 2, down / 2),
    }[place]


def coverage(thing: Thing, width: int, height: int) -> Array:
    """How much of each pixel (height, width) the thing covers, 0..1, smooth at its edge."""
    short = min(width, height)
    x = (np.arange(width, dtype=np.float32) + 0.5) / short
    y = (np.arange(height, dtype=np.float32) + 0.5) / short
    scale = PATTERN_PERIOD if thing.kind in ALL_PATTERNS else thing.radius
    u, v = np.meshgrid((x - thing.x) / scale, (y - thing.y) / scale)
    distance = ALL_FORMS[thing.kind](u, v) * (scale * short)
    return np.clip(0.5 - distance, 0, 1).astype(np.float32)


def draw(picture: Picture) -> Array:
    """The picture as (height, width, 3) in 0..1."""
    canvas = np.empty((picture.height, picture.width, 3), np.float32)
    canvas[:] = picture.background
    for thing in picture.things:
        covered = coverage(thing, picture.width, picture.height)[..., None]
        canvas += covered * (np.array(thing.colour, np.float32) - canvas)
    return canvas
