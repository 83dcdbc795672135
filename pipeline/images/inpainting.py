"""From a request's picture and mask to what is encoded, and from what was painted to the result.

The steps and their order are webui's (spec: webui §4.2, §4.3). It knows no latents.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from PIL import Image, ImageOps

from pipeline.errors import InvalidRequest
from pipeline.images.crop_region import Box, crop_region, expanded
from pipeline.images.masked_content import blurred, doubled, filled
from pipeline.images.masks import open_mask
from pipeline.images.resizing import Size, resized
from pipeline.pictures import open_picture
from pipeline.requests import MAX_SIZE, SIZE_STEP, GenerationRequest
from pipeline.upscalers import LANCZOS

Enlarge: TypeAlias = Callable[[str, Image.Image, Size], Image.Image]
"""Of a model's name, a picture and the size that is wanted, the picture at least as large."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """What is kept of the old picture, to be laid over the new one."""

    original: Image.Image  # RGB
    mask: Image.Image  # L, of the same size; black is the original, to the last bit
    box: Box | None = None  # the part that was worked on; None: all of it

    def over(self, painted: Image.Image) -> Image.Image:
        """The original with what was painted in its place."""
        if self.box is not None:
            left, top, right, bottom = self.box
            canvas = self.original.copy()
            canvas.paste(resized(painted, (right - left, bottom - top), "crop"), (left, top))
            painted = canvas
        return Image.composite(painted, self.original, self.mask)


@dataclass(frozen=True, slots=True)
class Preparation:
    """A request's input picture, ready to be encoded."""

    picture: Image.Image  # RGB, of the request's size unless its latents are resized
    mask: Image.Image | None = None  # L, of the request's size; white is repainted
    overlay: Overlay | None = None


def prepare(request: GenerationRequest, enlarge: Enlarge | None = None) -> Preparation:
    """The picture that a request begins from, and what of it is repainted.

    `enlarge` makes it larger by the model that the request names, should it be smaller.

    A blank mask has nothing repainted, and is left out, as in the reference. Raises
    `InvalidRequest` where picture or mask turn out to be damaged.
    """
    assert request.init_image is not None
    try:
        picture = open_picture(request.init_image)
    except ValueError as error:
        raise InvalidRequest(str(error)) from error
    size, mode = (request.width, request.height), request.resize_mode
    if enlarge and _is_enlarged_by_a_model(request, picture):
        picture = enlarge(request.upscaler, picture, size)
    mask = mask_of(request, picture.size)
    if mask is not None and mask.getbbox() is None:
        mask = None
    if mask is not None and request.inpaint_area == "only_masked":
        return only_masked(request, picture, mask)
    whole = resized(picture, size, mode)
    # Latents are resized instead of pixels then, so the picture is encoded nearly as it came.
    encoded = resized(picture, encodable(picture.size), mode) if mode == "latent" else whole
    if mask is None:
        return Preparation(encoded)
    content = content_of(request, encoded, resized(mask, encoded.size, mode))
    mask = resized(mask, size, mode)
    return Preparation(content, mask, Overlay(whole, doubled(mask)))


def _is_enlarged_by_a_model(request: GenerationRequest, picture: Image.Image) -> bool:
    """Whether there is more to be done than to resize; a part keeps the size of its picture."""
    if request.upscaler == LANCZOS or request.resize_mode == "latent":
        return False
    is_part = request.mask is not None and request.inpaint_area == "only_masked"
    return not is_part and (picture.width < request.width or picture.height < request.height)


def encodable(size: Size) -> Size:
    """The nearest size that a VAE takes, within what a request can have."""
    share = min(MAX_SIZE / max(size), 1.0)
    width, height = (max(round(side * share / SIZE_STEP), 1) * SIZE_STEP for side in size)
    return width, height


def only_masked(request: GenerationRequest, picture: Image.Image, mask: Image.Image) -> Preparation:
    """The part of a picture around its mask at the request's size; the picture keeps its own."""
    size = request.width, request.height
    around = crop_region(mask, request.mask_padding)
    assert around is not None, "blank masks are left out before"
    box = expanded(around, size, picture.size)
    part = resized(picture.crop(box), size, "fill")
    part_mask = resized(mask.crop(box), size, "fill")
    return Preparation(content_of(request, part, part_mask), part_mask, Overlay(picture, mask, box))


def mask_of(request: GenerationRequest, size: tuple[int, int]) -> Image.Image | None:
    """The request's mask at its picture's size, the right way round and softened."""
    if request.mask is None:
        return None
    mask = open_mask(request.mask, size)
    if request.inverted_mask:
        mask = ImageOps.invert(mask)
    return blurred(mask, request.mask_blur)


def content_of(request: GenerationRequest, picture: Image.Image, mask: Image.Image) -> Image.Image:
    """What stands inside the mask before anything is painted there."""
    return picture if request.masked_content == "original" else filled(picture, mask)
