"""Pictures that come from outside: which are taken, and how they are opened.

Whoever sent one may have sent anything: sizes are looked at before pixels are, and only the
formats that people really send are tried. It does not know what a picture is for.
"""

from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "WEBP")
MAX_PIXELS = 40_000_000

UNREADABLE = (
    UnidentifiedImageError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
    OSError,
    ValueError,
    SyntaxError,
)
"""What Pillow raises for files that are damaged or no pictures."""


def picture_size(content: bytes) -> tuple[int, int]:
    """Width and height in pixels of a PNG, JPEG or WebP, from its header alone.

    Raises `ValueError` with a sentence where it is none of these, or too large to be opened.
    """
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as picture:
            width, height = picture.size
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ValueError(f"The picture has more than {MAX_PIXELS:,} pixels.") from error
    except UNREADABLE as error:
        raise ValueError("The picture cannot be read: send a PNG, JPEG or WebP.") from error
    if width * height > MAX_PIXELS:
        raise ValueError(
            f"The picture has {width:,} x {height:,} pixels; at most {MAX_PIXELS:,} are taken."
        )
    return width, height


def open_picture(content: bytes) -> Image.Image:
    """The picture upright in RGB, on white where it is transparent.

    Raises `ValueError` with a sentence where it cannot be decoded.
    """
    picture_size(content)
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as picture:
            upright = ImageOps.exif_transpose(picture)
            if not upright.has_transparency_data:
                return upright.convert("RGB")
            layer = upright.convert("RGBA")
    except UNREADABLE as error:
        raise ValueError("The picture is damaged: it ends before it is complete.") from error
    ground = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(ground, layer).convert("RGB")
