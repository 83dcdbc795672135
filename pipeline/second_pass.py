"""What a request may say about a second pass over a picture made larger: webui's hires fix.

The settings are webui's. How they are followed is not known here.
"""

from pydantic import field_validator

from pipeline.upscalers import upscaler_id
from pipeline.values import PlainValue

MAX_HIRES_SCALE = 4.0
MAX_HIRES_STEPS = 150


class SecondPass(PlainValue):
    """The part of a request that is about its second pass; nothing of it counts without a scale."""

    hires_scale: float | None = None  # how many times as wide and high; None: no second pass
    hires_steps: int = 0  # 0: as many as in the first pass
    hires_strength: float = 0.7  # how far from the first pass's picture: 0 keeps it
    hires_upscaler: str = "latent"  # an id of `pipeline.upscalers`, or a model's name

    @field_validator("hires_scale")
    @classmethod
    def _is_a_hires_scale(cls, scale: float | None) -> float | None:
        if scale is not None and not 1.0 <= scale <= MAX_HIRES_SCALE:
            raise ValueError(
                f"A second pass {scale} times as large is not possible: take 1 to "
                f"{MAX_HIRES_SCALE:g}."
            )
        return scale

    @field_validator("hires_steps")
    @classmethod
    def _are_hires_steps(cls, num_steps: int) -> int:
        if not 0 <= num_steps <= MAX_HIRES_STEPS:
            raise ValueError(
                f"{num_steps:,} steps in the second pass are not possible: take 1 to "
                f"{MAX_HIRES_STEPS}, or 0 for as many as in the first."
            )
        return num_steps

    @field_validator("hires_strength")
    @classmethod
    def _is_a_hires_strength(cls, strength: float) -> float:
        if not 0.0 <= strength <= 1.0:
            raise ValueError(
                f"A strength of {strength} in the second pass is not possible: take 0 to 1."
            )
        return strength

    @field_validator("hires_upscaler")
    @classmethod
    def _is_an_upscaler(cls, name: str) -> str:
        return upscaler_id(name)
