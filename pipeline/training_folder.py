"""A folder of pictures and captions, as people prepare them for training (spec: webui §5.4).

It knows no torch and no method.
"""

import re
from pathlib import Path

from pipeline.errors import InvalidRequest
from pipeline.training_request import TrainingPicture

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp"})
NUMBERING = re.compile(r"^[-\d]+\s*")  # in front of a caption in a file's name


def read_training_folder(folder: Path) -> tuple[TrainingPicture, ...]:
    """Every picture of a folder with its caption, in the order of their names.

    Raises `InvalidRequest` that names the folder or the file at fault.
    """
    if not folder.is_dir():
        raise InvalidRequest(f"There is no folder `{folder}`.")
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise InvalidRequest(f"There are no pictures in `{folder}`: put PNG, JPEG or WebP there.")
    return tuple(map(read_training_picture, paths))


def read_training_picture(path: Path) -> TrainingPicture:
    """One picture. Raises `InvalidRequest` that names it."""
    try:
        return TrainingPicture(content=path.read_bytes(), caption=caption_of(path))
    except InvalidRequest as error:
        raise InvalidRequest(f"`{path}`: {error.message}") from error


def caption_of(path: Path) -> str:
    """What the text file beside a picture says; without one, what the picture's own name says."""
    beside = path.with_suffix(".txt")
    if not beside.exists():
        return NUMBERING.sub("", path.stem)
    try:
        return beside.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidRequest("its caption is no UTF-8 text.") from error
