"""Pictures that come from outside: which are taken, and how they are opened.

Whoever sent one may have sent anything: types and sizes are looked at before pixels are, only the
formats that people really send are tried, and no picture takes more than `MAX_MEMORY`. It does
not know what a picture is for.
"""

import math
from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
MAX_PIXELS = 40_000_000
MAX_MEMORY = 175_000_000  # bytes that opening one picture may take for a moment
MAX_KEPT = 2**23  # pixels of an opened picture; what has more is shrunk to them
DRAFT_FROM = 12_000_000  # pixels from which a JPEG is decoded at half its width and height

UNREADABLE = (
    UnidentifiedImageError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
)
"""What Pillow raises for files that are damaged or no pictures."""

# Bytes that Pillow takes for a pixel of these modes; of all others four.
SMALL_MODES = {"1": 1, "L": 1, "P": 1, "I;16": 2}
WEBP_DECODER = 14  # bytes a pixel beside the picture, as measured


def picture_size(content: bytes) -> tuple[int, int]:
    """Width and height in pixels of a PNG, JPEG, WebP or GIF, from its header alone.

    Raises `ValueError` with a sentence where it is none of these, or too large to be opened.
    """
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as picture:
            width, height = picture.size
            most = min(MAX_PIXELS, int(MAX_MEMORY / _bytes_per_pixel(picture)))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ValueError(f"The picture has more than {MAX_PIXELS:,} pixels.") from error
    except UNREADABLE as error:
        raise ValueError("The picture cannot be read: send a PNG, JPEG, WebP or GIF.") from error
    if width * height > most:
        raise ValueError(
            f"The picture has {width:,} x {height:,} pixels; of its kind at most {most:,} are "
            "taken: send it smaller."
        )
    return width, height


def open_picture(content: bytes) -> Image.Image:
    """The picture upright in RGB, on white where it is transparent.

    Raises `ValueError` with a sentence where it cannot be decoded.
    """
    picture = open_layer(content)
    if picture.mode == "RGB":
        return picture
    ground = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(ground, picture).convert("RGB")


def open_layer(content: bytes) -> Image.Image:
    """The picture upright, in RGBA where it is transparent and in RGB where not.

    Of several frames it is the first. Raises `ValueError` with a sentence where it cannot be
    decoded.
    """
    picture_size(content)
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as picture:
            mode = "RGBA" if picture.has_transparency_data else "RGB"
            if _is_drafted(picture):
                picture.draft(picture.mode, (picture.width // 2, picture.height // 2))
            # Shrunk before it is turned: that takes as much memory again.
            return ImageOps.exif_transpose(_shrunk(_converted(picture, mode)))
    except UNREADABLE as error:
        raise ValueError("The picture is damaged: it ends before it is complete.") from error


def _converted(picture: Image.Image, mode: str) -> Image.Image:
    picture.load()
    if picture.mode == mode:
        return picture
    if picture.mode == "I;16":
        # Pillow itself would take all but the darkest 256 of its 65,536 greys for white.
        return picture.point(lambda grey: grey / 256).convert(mode)
    return picture.convert(mode)


def _shrunk(picture: Image.Image) -> Image.Image:
    # By whole numbers: a finer filter would take as much memory again between its two passes.
    factor = math.ceil(math.sqrt(picture.width * picture.height / MAX_KEPT))
    if factor == 1:
        return picture
    exif = picture.getexif()
    picture = picture.reduce(factor)
    picture.info["exif"] = exif.tobytes()
    return picture


def _is_drafted(picture: Image.Image) -> bool:
    return picture.format == "JPEG" and picture.width * picture.height > DRAFT_FROM


def _bytes_per_pixel(picture: Image.Image) -> float:
    """What opening a picture takes at its worst, as its header tells."""
    decoded = SMALL_MODES.get(picture.mode, 4)
    after = 1  # shrunk to a quarter of its pixels, or fewer
    if picture.mode not in ("RGB", "RGBA"):
        after += 5  # and some, as measured
    if picture.has_transparency_data:
        after += 4  # shrinking multiplies colours by their opacity first
    if picture.format == "JPEG":
        # Of a progressive one all coefficients are kept, two bytes each, at whatever size.
        share = 0.25 if _is_drafted(picture) else 1.0
        return share * decoded + max(2 * len(picture.getbands()), share * after)
    if picture.format == "WEBP":
        return decoded + max(WEBP_DECODER, after)
    return decoded + after
