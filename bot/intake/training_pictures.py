"""Files that somebody sent to be learned from: pictures, archives of them, and captions.

One file is opened at a time, and what was in it is on disk before the next one is: however much
somebody sends, it takes little memory. What cannot be taken is left out and said.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from tempfile import TemporaryFile

from bot.errors import Refusal
from bot.intake.pictures import (
    Offered,
    check_size,
    fetch,
    fetch_into,
    shown_name,
)
from bot.intake.training_drafts import DraftPicture, caption_key
from bot.intake.training_zips import MAX_ZIP_SIZE, TrainingZip
from bot.records.files import PictureFiles
from pipeline import InvalidRequest, PipelineError, learnable_picture

PICTURES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif"})
ZIP, TEXT = ".zip", ".txt"
# A number, as people put pictures in order, and words: not what a camera writes.
CAPTIONED = re.compile(r"[0-9]{1,4}[-_ ]+(?P<caption>[^\W\d_].*)")
MAX_CAPTION = 1000  # characters; a form's field shows and takes as many
MAX_TEXT = 2**16  # bytes of a caption's file

SentFile = tuple[Offered, int]
"""A file in Discord, and its size in bytes."""


@dataclass(slots=True)
class Taken:
    """What came of some files."""

    pictures: list[DraftPicture] = field(default_factory=list)
    captions: dict[str, str] = field(default_factory=dict)
    """By the keys of their files."""
    left_out: list[Exception] = field(default_factory=list)
    """Why each of the others was not taken."""


class TrainingPictures:
    """Takes such files in."""

    def __init__(self, files: PictureFiles) -> None:
        self._files = files
        self._turn = asyncio.Semaphore(1)

    async def take(self, sent: Sequence[SentFile], room: int, text: str = "") -> Taken:
        """All that can be taken, pictures on disk when this returns.

        `room` is how many pictures fit; `text` is said of those that no file says anything of.
        """
        taken = Taken()
        for offered, size in sent:
            try:
                async with self._turn:
                    await self._take_file(offered, size, room, taken)
            except (Refusal, PipelineError) as error:
                taken.left_out.append(error)
        if text:
            said = text[:MAX_CAPTION]
            taken.pictures = [replace(it, caption=it.caption or said) for it in taken.pictures]
        return taken

    async def thumbnails(self, pictures: Sequence[DraftPicture]) -> list[bytes]:
        """What is shown of some pictures."""
        return [await self._files.load(it.thumbnail_hash) for it in pictures]

    async def _take_file(self, offered: Offered, size: int, room: int, taken: Taken) -> None:
        if PurePosixPath(offered.name.lower()).suffix == ZIP:
            check_size(offered.name, size, MAX_ZIP_SIZE)
            await self._take_zip(offered, room, taken)
        else:
            check_size(offered.name, size)
            await self._take_content(offered.name, await fetch(offered), room, taken)

    async def _take_zip(self, offered: Offered, room: int, taken: Taken) -> None:
        with TemporaryFile() as file:
            await fetch_into(file, offered, MAX_ZIP_SIZE)
            archive = await asyncio.to_thread(TrainingZip, file, offered.name)
            pictures = [it for it in archive.names if _suffix(it) in PICTURES]
            if not pictures:
                raise Refusal("train.zip.no_pictures", name=shown_name(offered.name))
            if len(pictures) > room - len(taken.pictures):
                raise Refusal(
                    "train.zip.more_than_fit",
                    name=shown_name(offered.name),
                    count=f"{len(pictures):,}",
                    room=room - len(taken.pictures),
                )
            for name in archive.names:
                if _suffix(name) not in (*PICTURES, TEXT):
                    taken.left_out.append(Refusal("train.no_picture", name=shown_name(name)))
                    continue
                content = await asyncio.to_thread(archive.read, name)
                try:
                    await self._take_content(name, content, room, taken)
                except (Refusal, PipelineError) as error:
                    taken.left_out.append(error)

    async def _take_content(self, name: str, content: bytes, room: int, taken: Taken) -> None:
        if _suffix(name) == TEXT:
            taken.captions[caption_key(name)] = caption_of(name, content)
            return
        if len(taken.pictures) >= room:
            raise Refusal("train.no_room", name=shown_name(name), room=room)
        try:
            learnable = await asyncio.to_thread(learnable_picture, content)
        except InvalidRequest as error:
            raise Refusal("train.bad_picture", name=shown_name(name), reason=error) from error
        taken.pictures.append(
            DraftPicture(
                name=name,
                file_hash=await self._files.store(learnable.png),
                thumbnail_hash=await self._files.store(learnable.thumbnail),
                coarse=learnable.coarse.hex(),
                width=learnable.width,
                height=learnable.height,
                caption=caption_in(name),
            )
        )


def caption_in(name: str) -> str:
    """What the name of a file says of its picture: `3-on a red sofa.png`; mostly nothing.

    Discord writes underscores where blanks were.
    """
    captioned = CAPTIONED.fullmatch(PurePosixPath(name).stem)
    return captioned["caption"].replace("_", " ").strip()[:MAX_CAPTION] if captioned else ""


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def caption_of(name: str, content: bytes) -> str:
    """What a text file says of its picture. Raises `Refusal`."""
    try:
        text = content.decode("utf-8-sig").strip() if len(content) <= MAX_TEXT else ""
    except UnicodeDecodeError as error:
        raise Refusal("train.bad_caption", name=shown_name(name)) from error
    if "\0" in text:  # UTF-16 that does not say so
        raise Refusal("train.bad_caption", name=shown_name(name))
    if len(content) > MAX_TEXT or len(text) > MAX_CAPTION:
        raise Refusal("train.long_caption", name=shown_name(name), most=f"{MAX_CAPTION:,}")
    return text
