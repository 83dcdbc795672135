"""Small pictures as files, honest and dishonest ones."""

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image

RED = Image.new("RGB", (30, 20), "red")


def encoded(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """A picture as a file of some kind."""
    file = BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def claiming(png: bytes, width: int, height: int) -> bytes:
    """The PNG with another size in its header, which nothing behind it bears out."""
    header = b"IHDR" + struct.pack(">II", width, height) + png[24:29]
    return png[:12] + header + struct.pack(">I", zlib.crc32(header)) + png[33:]
