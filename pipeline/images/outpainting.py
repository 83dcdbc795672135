"""A picture with room around it, and the mask of that room: what outpainting begins from."""

from collections.abc import Collection
from io import BytesIO
from typing import Literal, TypeAlias

from PIL import Image

from pipeline.errors import InvalidRequest
from pipeline.images.masks import written
from pipeline.pictures import open_picture
from pipeline.requests import MAX_SIZE, SIZE_STEP

Direction: TypeAlias = Literal["left", "right", "up", "down"]
DIRECTIONS: tuple[Direction, ...] = ("left", "right", "up", "down")
SEAM = 8  # pixels of the picture itself that are repainted beside new ones, to hide where it ended


def outpainting(
    picture: bytes, directions: Collection[Direction], pixels: int
) -> tuple[bytes, bytes]:
    """A picture grown by so many pixels to each of some sides, and its mask; two PNGs.

    The room is filled with the nearest of the picture's own rows and columns, so that whichever
    masked content is asked for has something to begin from. Its sides are rounded up to what a
    request can have. Raises `InvalidRequest` where that would be too large, or where nothing is
    asked for.
    """
    if not directions or pixels < SIZE_STEP:
        raise InvalidRequest(
            f"Say to which side the picture should grow ({', '.join(DIRECTIONS)}), and by at "
            f"least {SIZE_STEP} pixels."
        )
    try:
        whole = open_picture(picture)
    except ValueError as error:
        raise InvalidRequest(str(error)) from error
    left, right = _growth(whole.width, "left" in directions, "right" in directions, pixels)
    up, down = _growth(whole.height, "up" in directions, "down" in directions, pixels)
    size = left + whole.width + right, up + whole.height + down
    if max(size) > MAX_SIZE:
        raise InvalidRequest(
            f"Grown by {pixels} pixels the picture would have {size[0]} x {size[1]}; at most "
            f"{MAX_SIZE} a side are possible."
        )
    box = (left, up, left + whole.width, up + whole.height)
    mask = Image.new("L", size, 255)
    kept = (
        left + SEAM * bool(left),
        up + SEAM * bool(up),
        box[2] - SEAM * bool(right),
        box[3] - SEAM * bool(down),
    )
    if kept[0] < kept[2] and kept[1] < kept[3]:
        mask.paste(0, kept)
    file = BytesIO()
    with_edges(whole, size, (left, up)).save(file, "PNG")
    return file.getvalue(), written(mask)


def with_edges(picture: Image.Image, size: tuple[int, int], at: tuple[int, int]) -> Image.Image:
    """A picture pasted into a larger one, its outermost rows and columns drawn on to the edges."""
    left, top = at
    right, bottom = left + picture.width, top + picture.height
    canvas = Image.new(picture.mode, size)
    canvas.paste(picture, at)
    for column, start, end in ((left, 0, left), (right - 1, right, size[0])):
        if start < end:
            line = canvas.crop((column, top, column + 1, bottom))
            canvas.paste(line.resize((end - start, picture.height)), (start, top))
    for row, start, end in ((top, 0, top), (bottom - 1, bottom, size[1])):
        if start < end:
            line = canvas.crop((0, row, size[0], row + 1))
            canvas.paste(line.resize((size[0], end - start)), (0, start))
    return canvas


def _growth(side: int, before: bool, after: bool, pixels: int) -> tuple[int, int]:
    """How much is added before and after a side, so that it ends at a multiple of `SIZE_STEP`."""
    if not (before or after):
        return 0, 0
    missing = -(side + pixels * (before + after)) % SIZE_STEP
    if not after:
        return pixels + missing, 0
    return pixels * before, pixels + missing
