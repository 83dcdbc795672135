"""Embeddings put into pictures, as a text chunk and as two blocks beside the picture.

The counterpart of `pipeline.adapters.card`, which says how the blocks are read (spec: webui §5.2).
"""

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont, PngImagePlugin

from pipeline.adapters.card import CHUNK, LOW_NIBBLE, Pixels, mask_bytes
from pipeline.adapters.embedding import Embedding

HIGH_NIBBLE = np.uint8(0xF0)
FOUR = np.uint8(4)  # bits
NUM_DOTS = 1024  # values of the first vector that decorate the blocks
MIN_LETTERS = 10  # pixels; the height of the smallest caption


def make_card(
    picture: Image.Image, values: Mapping[str, Any], embedding: Embedding, footers: Sequence[str]
) -> bytes:
    """A PNG that shows the picture with a caption and carries the mapping twice."""
    carried = json.dumps(dict(values)).encode()
    text = PngImagePlugin.PngInfo()
    text.add_text(CHUNK, base64.b64encode(carried).decode())
    captioned = with_caption(picture.convert("RGB"), f"<{embedding.name}>", footers)
    file = BytesIO()
    whole = with_blocks(np.asarray(captioned), carried, embedding)
    Image.fromarray(whole).save(file, "PNG", pnginfo=text)
    return file.getvalue()


def with_caption(picture: Image.Image, title: str, footers: Sequence[str]) -> Image.Image:
    """The picture with its name above and where it comes from below, on darkened ground."""
    captioned = picture.copy()
    height = max(picture.height // 16, MIN_LETTERS)
    font = ImageFont.load_default(height * 0.7)
    shade = Image.new("RGB", (picture.width, height), "black")
    for top in (0, picture.height - height):
        box = 0, top, picture.width, top + height
        captioned.paste(Image.blend(captioned.crop(box), shade, 0.6), box)
    draw = ImageDraw.Draw(captioned)
    draw.text((height // 4, height // 2), title, "white", font, anchor="lm")
    for place, footer in enumerate(footers):
        across = round((picture.width - 1) * place / max(len(footers) - 1, 1))
        anchor = ("lm", "mm", "rm")[min(place, 2)]
        draw.text((across, picture.height - height // 2), footer, "white", font, anchor=anchor)
    return captioned


def with_blocks(picture: Pixels, carried: bytes, embedding: Embedding) -> Pixels:
    """The picture between two blocks of pixels, in whose low bits the data is."""
    height = picture.shape[0]
    data = np.frombuffer(zlib.compress(carried, 9), np.uint8)
    shades = decoration(embedding)
    left, right = (
        block_of(nibbles, height, dots)
        for nibbles, dots in ((data & LOW_NIBBLE, shades), (data >> FOUR, shades[::-1]))
    )
    line = np.zeros((height, 1, 3), np.uint8)
    return np.concatenate([left, line, picture, line, right], axis=1)


def block_of(nibbles: Pixels, height: int, shades: Pixels) -> Pixels:
    """Nibbles repeated until they fill a block (height, width, 3), under the mask."""
    count = len(nibbles) + height - len(nibbles) % height
    count += 3 * height - count % (3 * height)
    filled = np.resize(nibbles, count) ^ (mask_bytes(count) & LOW_NIBBLE)
    ground = np.resize(np.repeat(shades, 3), count) & HIGH_NIBBLE
    return (filled | ground).reshape(height, -1, 3).astype(np.uint8)


def decoration(embedding: Embedding) -> Pixels:
    """The first vector's values as shades of grey."""
    values = np.abs(embedding.vectors[0].numpy()[:NUM_DOTS])
    largest = float(values.max()) or 1.0
    return (values / largest * 255).astype(np.uint8)
