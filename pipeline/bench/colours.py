"""How far apart two colours look: CIELAB (CIE 1976), with the white of sRGB."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
WHITE = TO_XYZ.sum(axis=1)


def lab(colour: Sequence[float]) -> NDArray[np.float64]:
    """An sRGB colour in 0..1 as lightness, green to red, blue to yellow."""
    encoded = np.asarray(colour, np.float64)
    linear = np.where(encoded > 0.04045, ((encoded + 0.055) / 1.055) ** 2.4, encoded / 12.92)
    ratio = TO_XYZ @ linear / WHITE
    x, y, z = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio * (29 / 6) ** 2 / 3 + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def nearest(colour: Sequence[float], names: Mapping[str, Sequence[float]]) -> str:
    """The name of the colour that looks nearest."""
    here = lab(colour)
    return min(names, key=lambda name: float(np.linalg.norm(lab(names[name]) - here)))
