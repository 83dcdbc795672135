"""What a request may say about the picture that it begins from, and about what of it is repainted.

The settings are webui's (spec: webui §4). How they are followed is not known here.
"""

from typing import Literal, Self, TypeAlias

from pydantic import Field, ValidationInfo, field_validator, model_validator

from pipeline.pictures import picture_size
from pipeline.upscalers import LANCZOS, find_upscaler, upscaler_id, upscaler_label
from pipeline.values import PlainValue

MAX_MASK_BLUR = 64  # pixels
MAX_MASK_PADDING = 256  # pixels
MAX_NOISE_MULTIPLIER = 1.5

ResizeMode: TypeAlias = Literal["stretch", "crop", "fill", "latent"]
MaskedContent: TypeAlias = Literal["original", "fill", "latent_noise", "latent_nothing"]
InpaintArea: TypeAlias = Literal["whole_picture", "only_masked"]


class PictureInput(PlainValue):
    """The part of a request that is about its input picture; nothing of it counts without one."""

    init_image: bytes | None = Field(default=None, exclude=True, repr=False)  # PNG, JPEG, WebP, GIF
    strength: float = 0.75  # how far from the input picture: 0 keeps it
    exact_steps: bool = False  # True: on an input picture too, as many steps as `num_steps`
    resize_mode: ResizeMode = "stretch"  # how it comes to the size of the request
    upscaler: str = LANCZOS  # that makes it larger, should it be smaller: or a model's name
    noise_multiplier: float = 1.0  # of the noise that it is put under
    mask: bytes | None = Field(default=None, exclude=True, repr=False)  # white is repainted
    inverted_mask: bool = False  # True: black is
    mask_blur: int = 4  # pixels, the standard deviation
    masked_content: MaskedContent = "original"  # what repainting starts from
    inpaint_area: InpaintArea = "whole_picture"
    mask_padding: int = 32  # pixels around what is masked, where only that is repainted
    mask_weight: float = 1.0  # how much an inpainting model is kept from seeing what is masked

    @field_validator("init_image", "mask")
    @classmethod
    def _is_a_picture(cls, content: bytes | None) -> bytes | None:
        if content is not None:
            picture_size(content)
        return content

    @field_validator("upscaler")
    @classmethod
    def _enlarges_pictures(cls, name: str) -> str:
        known = upscaler_id(name)
        if known != LANCZOS and find_upscaler(known):
            raise ValueError(
                f"A picture is not made larger by {upscaler_label(known)}: take Lanczos or a model."
            )
        return known

    @field_validator("strength", "mask_weight")
    @classmethod
    def _is_from_0_to_1(cls, number: float, info: ValidationInfo) -> float:
        if not 0.0 <= number <= 1.0:
            name = "strength" if info.field_name == "strength" else "conditional mask weight"
            raise ValueError(f"A {name} of {number} is not possible: take 0 to 1.")
        return number

    @field_validator("noise_multiplier")
    @classmethod
    def _is_a_noise_multiplier(cls, number: float) -> float:
        if not 0.0 <= number <= MAX_NOISE_MULTIPLIER:
            raise ValueError(
                f"A noise multiplier of {number} is not possible: take 0 to {MAX_NOISE_MULTIPLIER}."
            )
        return number

    @field_validator("mask_blur", "mask_padding")
    @classmethod
    def _is_a_width(cls, pixels: int, info: ValidationInfo) -> int:
        is_blur = info.field_name == "mask_blur"
        name, most = ("blur", MAX_MASK_BLUR) if is_blur else ("padding", MAX_MASK_PADDING)
        if not 0 <= pixels <= most:
            raise ValueError(
                f"A mask {name} of {pixels:,} pixels is not possible: take 0 to {most}."
            )
        return pixels

    @model_validator(mode="after")
    def _masks_something(self) -> Self:
        if self.mask is not None and self.init_image is None:
            raise ValueError("A mask says what of a picture is repainted: send that picture too.")
        return self
