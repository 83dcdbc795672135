"""What a checkpoint says of itself before it is loaded; no torch."""

from typing import Literal, TypeAlias

Family: TypeAlias = Literal["sd1", "sd2", "sdxl"]
"""Stable Diffusion 1.x, 2.x, XL base: what decides how texts are read and what parts there are."""
