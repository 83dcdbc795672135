"""A folder of pictures and captions, as people prepare them for training (spec: webui §5.4).

It knows no torch and no method.
"""

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps

from pipeline.errors import InvalidRequest
from pipeline.pictures import UNREADABLE
from pipeline.training_request import TrainingPicture

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".jfif", ".webp", ".gif"})
# Of these the first frame is taken, as PNG: nobody need be ready for them but whoever has such.
CONVERTED = {".bmp": "BMP", ".tif": "TIFF", ".tiff": "TIFF", ".avif": "AVIF"}
PNG_MODES = frozenset({"1", "L", "LA", "P", "I;16", "RGB", "RGBA"})
CLOSED = frozenset({".heic", ".heif", ".jxl"})  # pictures that nothing here can open
NUMBERING = re.compile(r"^[-\d]+\s*")  # in front of a caption in a file's name


def read_training_folder(folder: Path) -> tuple[TrainingPicture, ...]:
    """Every picture of a folder with its caption, in the order of their names.

    Raises `InvalidRequest` that names the folder or the file at fault.
    """
    return tuple(read_training_picture(path, caption_of) for path in picture_paths(folder))


def read_class_folder(folder: Path) -> tuple[TrainingPicture, ...]:
    """The same for pictures of a class, whose names say nothing: a hash, or a camera's number."""
    return tuple(read_training_picture(path, caption_beside) for path in picture_paths(folder))


def picture_paths(folder: Path) -> list[Path]:
    """The pictures of a folder. Raises `InvalidRequest` where there are none."""
    if not folder.is_dir():
        raise InvalidRequest(f"There is no folder `{folder}`.")
    suffixes = SUFFIXES | CONVERTED.keys() | CLOSED
    there = (path for path in folder.iterdir() if not path.name.startswith("."))
    paths = sorted(path for path in there if path.suffix.lower() in suffixes)
    if not paths:
        raise InvalidRequest(f"There are no pictures in `{folder}`: put PNG, JPEG or WebP there.")
    return paths


def read_training_picture(path: Path, caption_of: Callable[[Path], str]) -> TrainingPicture:
    """One picture. Raises `InvalidRequest` that names it."""
    try:
        return TrainingPicture(content=content_of(path), caption=caption_of(path), file=str(path))
    except InvalidRequest as error:
        raise InvalidRequest(f"`{path}`: {error.message}") from error


def content_of(path: Path) -> bytes:
    """A picture as it is taken. Raises `InvalidRequest` for one of a kind that is not."""
    suffix = path.suffix.lower()
    if suffix in CLOSED:
        raise InvalidRequest("It cannot be opened here: save it as PNG or JPEG.")
    if suffix not in CONVERTED:
        return path.read_bytes()
    try:
        with Image.open(path, formats=[CONVERTED[suffix]]) as picture:
            upright = ImageOps.exif_transpose(picture)
            writable = upright if upright.mode in PNG_MODES else upright.convert("RGB")
            content = BytesIO()
            writable.save(content, "PNG")
    except UNREADABLE as error:
        raise InvalidRequest("The picture cannot be read.") from error
    return content.getvalue()


def caption_of(path: Path) -> str:
    """What the text file beside a picture says; without one, what the picture's own name says."""
    has_text = path.with_suffix(".txt").exists()
    return caption_beside(path) if has_text else NUMBERING.sub("", path.stem)


def caption_beside(path: Path) -> str:
    """What the text file beside a picture says; nothing without one."""
    beside = path.with_suffix(".txt")
    try:
        return beside.read_text("utf-8-sig") if beside.exists() else ""
    except UnicodeDecodeError as error:
        raise InvalidRequest("its caption is no UTF-8 text.") from error
