"""Pictures that somebody wants to be learned from, made ready to be kept and to be compared."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image

from pipeline.errors import InvalidRequest
from pipeline.images.plain import FAST
from pipeline.pictures import open_picture
from pipeline.training_request import MIN_PICTURE

MAX_SIDE = 2048  # pixels; more is never learned from
THUMBNAIL = 200  # pixels of the longer side
COARSE = 8  # pixels a side, from which two pictures are compared
ALIKE = 3.0  # mean difference of the levels of two that look alike, of 255


@dataclass(frozen=True, slots=True)
class LearnablePicture:
    """One upright picture in RGB, and the same very small."""

    png: bytes
    thumbnail: bytes  # PNG
    coarse: bytes  # its levels when it is a few pixels small
    width: int  # pixels, as it came
    height: int


def learnable_picture(content: bytes) -> LearnablePicture:
    """What a PNG, JPEG, WebP or GIF shows, without whatever else was in the file.

    Takes up to a few seconds: not for an event loop. Raises `InvalidRequest` with a sentence where
    it cannot be decoded, or is too small to show anything.
    """
    try:
        picture = open_picture(content)
    except ValueError as error:
        raise InvalidRequest(str(error)) from error
    width, height = picture.size
    if min(width, height) < MIN_PICTURE:
        raise InvalidRequest(
            f"A picture of {width} x {height} pixels shows too little to learn from: every picture "
            f"needs at least {MIN_PICTURE} a side."
        )
    coarse = picture.resize((COARSE, COARSE), Image.Resampling.BOX).tobytes()
    picture.thumbnail((MAX_SIDE, MAX_SIDE))
    png = _written(picture)
    picture.thumbnail((THUMBNAIL, THUMBNAIL))
    # Whatever its shape, it can stand for the picture wherever only its place counts.
    thumbnail = picture.resize([max(side, MIN_PICTURE) for side in picture.size])
    return LearnablePicture(png, _written(thumbnail), coarse, width, height)


def look_alikes(coarse: Sequence[bytes]) -> Iterator[tuple[int, int]]:
    """Pairs of pictures that show the same, by their `coarse` levels. Of many, it takes a while."""
    levels = np.array([[*it] for it in coarse], np.int16)
    for one in range(len(levels)):
        differences = np.abs(levels[one + 1 :] - levels[one]).mean(axis=1)
        yield from ((one, one + 1 + int(it)) for it in np.flatnonzero(differences <= ALIKE))


def _written(picture: Image.Image) -> bytes:
    picture.info.clear()
    file = BytesIO()
    picture.save(file, "PNG", compress_level=FAST)
    return file.getvalue()
