"""Pictures that somebody sent, as plain files that everything here can open."""

from dataclasses import dataclass
from io import BytesIO

from pipeline.errors import InvalidRequest
from pipeline.pictures import open_layer

FAST = 1  # of PNG's compress levels: these files are kept, and sent nowhere


@dataclass(frozen=True, slots=True)
class PlainPicture:
    """One upright frame in RGB or RGBA."""

    png: bytes
    width: int  # pixels
    height: int


def plain_picture(content: bytes) -> PlainPicture:
    """What a PNG, JPEG, WebP or GIF shows, and nothing else that was in the file.

    Takes up to a few seconds: not for an event loop. Raises `InvalidRequest` with a sentence where
    it cannot be decoded.
    """
    try:
        picture = open_layer(content)
    except ValueError as error:
        raise InvalidRequest(str(error)) from error
    picture.info.clear()
    file = BytesIO()
    picture.save(file, "PNG", compress_level=FAST)
    return PlainPicture(file.getvalue(), picture.width, picture.height)
