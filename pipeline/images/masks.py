"""Masks as files: white is repainted, black stays. Made from regions and transparency, and shown.

Nothing here is done on an event loop: pictures take their milliseconds. What is done with a mask
while a picture is made is in `pipeline.images.inpainting`.
"""

from io import BytesIO

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps, ImageStat

from pipeline.errors import InvalidRequest
from pipeline.images.regions import Region
from pipeline.pictures import open_layer, open_picture

OPAQUE = 128  # alpha above which a pixel counts as there, as in the reference
PREVIEW_SIDE = 1024  # pixels, the longest
TINT = (224, 48, 160)  # of what is repainted; no face and no sky has it
TINT_SHARE = 0.55
RIM = 3  # pixels


def mask_of_region(region: Region, size: tuple[int, int]) -> bytes:
    """A PNG of that width and height, white in the region."""
    mask = Image.new("L", size)
    left, top, right, bottom = region.box(size)
    draw = ImageDraw.Draw(mask)
    if region.form == "ellipse":
        draw.ellipse((left, top, right - 1, bottom - 1), fill=255)
    else:
        draw.rectangle((left, top, right - 1, bottom - 1), fill=255)
    return written(mask)


def mask_of_transparency(content: bytes) -> bytes:
    """A PNG, white where a picture lets through what is behind it.

    Raises `InvalidRequest` where the picture cannot be read, or nothing of it is transparent.
    """
    layer = _opened(content)
    if layer.mode == "RGBA":
        mask = layer.getchannel("A").point(lambda alpha: 0 if alpha > OPAQUE else 255)
        if mask.getbbox():
            return written(mask)
    raise InvalidRequest("Nothing of this picture is transparent: erase what is to be repainted.")


def open_mask(content: bytes, size: tuple[int, int]) -> Image.Image:
    """A mask in mode L at the size of its picture; of a transparent one, what is drawn in it.

    Raises `InvalidRequest` where it cannot be read.
    """
    mask = binary_mask(_opened(content))
    return mask if mask.size == size else mask.resize(size, Image.Resampling.BILINEAR)


def binary_mask(layer: Image.Image) -> Image.Image:
    """The mask that a picture is: its alpha, black or white, where it has any, else its grey."""
    if layer.mode == "RGBA" and layer.getchannel("A").getextrema() != (255, 255):
        return layer.getchannel("A").point(lambda alpha: 255 if alpha > OPAQUE else 0)
    return layer.convert("L")


def masked_share(mask: bytes, inverted: bool = False) -> float:
    """How much of its picture a mask has repainted, from 0 for nothing to 1 for all of it.

    Raises `InvalidRequest` where it cannot be read.
    """
    share = ImageStat.Stat(binary_mask(_opened(mask))).mean[0] / 255
    return 1 - share if inverted else share


def preview_mask(picture: bytes, mask: bytes, inverted: bool = False) -> bytes:
    """The picture with a tint and a rim over what would be repainted; a WebP for people to see.

    Raises `InvalidRequest` where one of the two cannot be read.
    """
    try:
        shown = open_picture(picture)
    except ValueError as error:
        raise InvalidRequest(str(error)) from error
    shown.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    covered = open_mask(mask, shown.size)
    if inverted:
        covered = ImageOps.invert(covered)
    tint = Image.new("RGB", shown.size, TINT)
    shown.paste(tint, mask=covered.point(lambda level: int(level * TINT_SHARE)))
    inner = covered.filter(ImageFilter.MinFilter(2 * RIM + 1))
    shown.paste(tint, mask=ImageChops.subtract(covered, inner))
    file = BytesIO()
    shown.save(file, "WEBP", quality=85, method=2)
    return file.getvalue()


def written(mask: Image.Image) -> bytes:
    """A mask as a PNG."""
    file = BytesIO()
    mask.save(file, "PNG")
    return file.getvalue()


def _opened(content: bytes) -> Image.Image:
    try:
        return open_layer(content)
    except ValueError as error:
        raise InvalidRequest(str(error)) from error
