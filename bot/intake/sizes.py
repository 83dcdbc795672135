"""Picture sizes as people choose them: by shape, or in pixels."""

import math
import re

from bot.errors import Refusal
from pipeline import MAX_SIZE, MIN_SIZE

SQUARE = "1:1"
SHAPES = (SQUARE, "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9")
FARTHEST = 99_992  # pixels that can be typed; no model makes as many
GRAIN = 8  # pixels; the grid that every side lies on

TYPED_SIZE = re.compile(r"(\d{1,5})\s*[x×*]\s*(\d{1,5})", re.IGNORECASE)


def size_of_shape(shape: str, native_size: int) -> tuple[int, int]:
    """Width and height of a shape, with about as many pixels as the model was trained on."""
    width, height = map(int, shape.split(":"))
    stretch = math.sqrt(width / height)
    return _on_grid(native_size * stretch), _on_grid(native_size / stretch)


def size_like(width: int, height: int, native_size: int) -> tuple[int, int]:
    """The size nearest to a picture's own that has no more pixels than the model was trained on."""
    share = min(1.0, native_size / math.sqrt(width * height))
    new_width, new_height = (
        min(max(_on_grid(side * share), MIN_SIZE), MAX_SIZE) for side in (width, height)
    )
    return new_width, new_height


def larger_size(size: tuple[int, int], factor: float) -> tuple[int, int]:
    """So many times a picture's size; whether anything can make it is not known here."""
    width, height = (_on_grid(min(max(side * factor, 0.0), FARTHEST)) for side in size)
    return width, height


def read_size(text: str, native_size: int) -> tuple[int, int]:
    """Width and height as typed: "2:3" or "512x768".

    Raises `Refusal` for anything else; whether the model can make it is not known here.
    """
    if text.strip() in SHAPES:
        return size_of_shape(text.strip(), native_size)
    if typed := TYPED_SIZE.fullmatch(text.strip()):
        return int(typed[1]), int(typed[2])
    raise Refusal("imagine.no_such_size", size=text[:50], shapes=", ".join(SHAPES))


def _on_grid(side: float) -> int:
    return max(GRAIN, round(side / GRAIN) * GRAIN)
