"""Embeddings inside pictures: as a text chunk, or in the low bits of two blocks beside the picture.

The second way survives sites that strip text, though no lossy compression (spec: webui §5.2).
"""

import base64
import binascii
import json
import zlib
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from pipeline.adapters.files import AdapterFile

CHUNK = "sd-ti-embedding"
TENSOR = "TORCHTENSOR"
FORMATS = ("PNG", "WEBP", "AVIF")
MAX_PIXELS = 16_000_000
MAX_JSON_BYTES = 8 * 2**20  # 75 vectors of Stable Diffusion 2 take 2 MB

LOW_NIBBLE = np.uint8(0x0F)

Pixels = NDArray[np.uint8]  # (height, width, 3)


def read_card(file: AdapterFile) -> dict[str, Any]:
    """The mapping that a card carries, its tensors as nested lists under `TENSOR`.

    Raises `AdapterUnreadable` where the picture is damaged, too large or carries nothing.
    """
    try:
        with Image.open(BytesIO(file.content), formats=FORMATS) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise file.unreadable(
                    f"its picture has {picture.width} x {picture.height} pixels, and at most "
                    f"{MAX_PIXELS:,} are read"
                )
            pixels = np.asarray(picture.convert("RGB"))
            text = getattr(picture, "text", {}).get(CHUNK)
    except (
        UnidentifiedImageError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
        OSError,
        ValueError,
        SyntaxError,
    ) as error:
        raise file.unreadable("its picture is truncated, damaged or far too large") from error
    try:
        carried = base64.b64decode(text) if text is not None else from_pixels(pixels)
        if carried is not None and len(carried) > MAX_JSON_BYTES:
            raise file.unreadable("its picture carries far more than an embedding")
        values = json.loads(carried) if carried is not None else None
    except (binascii.Error, zlib.error, ValueError, RecursionError) as error:
        raise file.unreadable("what its picture carries is damaged") from error
    if not isinstance(values, dict):
        raise file.unreadable("its picture carries no embedding")
    return values


def from_pixels(pixels: Pixels) -> bytes | None:
    """The JSON in the two blocks at a picture's sides; None where there are no such blocks.

    Raises `zlib.error` where the blocks carry something else, as an ordinary picture's do.
    """
    low = crop_black(pixels) & LOW_NIBBLE
    columns = np.flatnonzero(~low.any(axis=(0, 2)))
    if len(columns) < 2:
        return None
    left, right = (
        unmask(low[:, block]) for block in (slice(columns[0]), slice(columns[-1] + 1, None))
    )
    if left.size == 0 or left.shape != right.shape:
        return None
    unpacking = zlib.decompressobj()
    # What follows the stream repeats it, to fill the block.
    content = unpacking.decompress((right << 4 | left).tobytes(), MAX_JSON_BYTES + 1)
    if not unpacking.eof and len(content) <= MAX_JSON_BYTES:
        raise zlib.error("the stream has no end")
    return content


def crop_black(pixels: Pixels) -> Pixels:
    """The picture without the purely black rows and columns around it."""
    rows, columns = (np.flatnonzero(pixels.any(axis=axes)) for axes in ((1, 2), (0, 2)))
    if not len(rows):
        return pixels[:0, :0]
    return pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def unmask(block: Pixels) -> Pixels:
    """The data under the mask that makes a block look like noise."""
    return block ^ (mask_bytes(block.size) & LOW_NIBBLE).reshape(block.shape)


def mask_bytes(count: int) -> Pixels:
    """The mask: a linear congruential generator from 0, (count,) bytes from 0 to 254."""
    states = np.zeros(count + 1, np.uint32)
    multiplier, increment, known = np.uint32(1664525), np.uint32(1013904223), 1
    # Doubles what is known: the n-th state from now is again a linear function of this one.
    with np.errstate(over="ignore"):
        while known <= count:
            fresh = states[known : 2 * known]
            fresh[:] = states[: len(fresh)] * multiplier + increment
            increment = multiplier * increment + increment
            multiplier, known = multiplier * multiplier, 2 * known
    return (states[1:] % 255).astype(np.uint8)
