"""Pictures as files that carry the text of their settings, and that text found again.

Files come from anybody: what is damaged, too large or no picture has no settings, and no more is
decoded than is needed to see that. What the text says is not known here.
"""

import struct
from io import BytesIO

from PIL import Image, PngImagePlugin
from PIL.ExifTags import IFD, Base

from pipeline.images.novelai import infotext_of_novelai

KEY = "parameters"  # of the PNG's text chunk
COMPRESS_LEVEL = 6  # fixed: the same picture is the same bytes, whatever Pillow's default becomes
READABLE = ("PNG", "JPEG", "WEBP", "GIF")
MAX_DECODED = 2**24  # pixels that are unpacked to reach text behind them

# A comment begins with the name of its encoding, filled up to eight bytes.
UNICODE, ASCII, UNDEFINED = b"UNICODE\0", b"ASCII\0\0\0", b"\0" * 8
WEBP_QUALITIES = (95, 90, 80, 70, 50)  # tried until the file is small enough

# All that Pillow is known to raise at files that are not what they say.
DAMAGED = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    LookupError,
    TypeError,
    OverflowError,
    struct.error,
    Image.DecompressionBombError,
)


def write_png(image: Image.Image, infotext: str) -> bytes:
    """The picture as a PNG that carries its infotext."""
    text = PngImagePlugin.PngInfo()
    text.add_text(KEY, infotext)
    file = BytesIO()
    image.save(file, "PNG", pnginfo=text, compress_level=COMPRESS_LEVEL)
    return file.getvalue()


def write_webp(image: Image.Image, infotext: str | None, quality: int = 90) -> bytes:
    """The picture as a WebP that carries its infotext where webui looks for it."""
    exif = Image.Exif()
    exif.endian = ">"  # of the numbers; the comment's letters are of the same order
    if infotext is not None:
        comment = UNICODE + infotext.encode("utf-16-be", "replace")
        exif.get_ifd(IFD.Exif)[Base.UserComment] = comment
    file = BytesIO()
    image.save(file, "WEBP", quality=quality, method=4, exif=exif.tobytes())
    return file.getvalue()


def shrink_to_webp(png: bytes, max_bytes: int) -> bytes | None:
    """A PNG of ours as the best WebP that is no larger than `max_bytes`, settings included.

    None where even the coarsest is too large. Takes up to a second for each attempt.
    """
    with Image.open(BytesIO(png), formats=["PNG"]) as image:
        infotext = image.info.get(KEY)
        for quality in WEBP_QUALITIES:
            webp = write_webp(image, infotext, quality)
            if len(webp) <= max_bytes:
                return webp
    return None


def read_settings(file: bytes) -> str | None:
    """The infotext that a PNG, JPEG, WebP or GIF carries; None if it has none or cannot be read.

    NovelAI's own settings come as the infotext that webui makes of them.
    """
    try:
        with Image.open(BytesIO(file), formats=READABLE) as image:
            return _read(image)
    except DAMAGED:
        return None


def _read(image: Image.Image) -> str | None:
    if image.info.get("Software") == "NovelAI":
        return infotext_of_novelai(image.info, image.size)
    if image.format == "PNG" and not {KEY, "exif"} & image.info.keys():
        if image.width * image.height > MAX_DECODED:
            return None
        image.load()  # text may stand behind the pixels
    if isinstance(text := image.info.get(KEY), str):
        return text or None
    if comment := image.getexif().get_ifd(IFD.Exif).get(Base.UserComment):
        return (_decode(comment) if isinstance(comment, bytes) else str(comment)) or None
    comment = image.info.get("comment") if image.format == "GIF" else None
    return comment.decode("utf-8", "ignore") or None if isinstance(comment, bytes) else None


def _decode(comment: bytes) -> str:
    encoding, text = comment[:8], comment[8:]
    if encoding == UNICODE:
        # Programs disagree on the order of the bytes: the right one has more of plain English.
        readings = [text.decode(order, "replace") for order in ("utf-16-be", "utf-16-le")]
        decoded = max(readings, key=lambda reading: sum(map(str.isascii, reading)))
    elif encoding in (ASCII, UNDEFINED):
        decoded = text.decode("utf-8", "replace")
    else:
        decoded = comment.decode("utf-8", "replace")
    return decoded.strip("\0\ufeff")
