"""Pictures that somebody gives to begin from: found in Discord, fetched, opened and stored.

One at a time: whatever is sent, by however many, takes no more memory than one picture does.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO

import aiohttp
import discord

from bot.errors import Refusal
from bot.records.files import PictureFiles
from bot.records.models import StoredImage
from pipeline import mask_of_text, plain_picture, read_settings

MAX_FILE_SIZE = 20 * 2**20  # bytes
MAX_NAME = 100  # characters shown
PATIENCE = aiohttp.ClientTimeout(total=60)  # seconds until a file is fetched
FOUND = 200  # HTTP status
PIECE = 2**16  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A picture that may be taken: a file in Discord, or one of our own."""

    name: str
    width: int | None = None  # pixels, as far as they are known before it is opened
    height: int | None = None
    url: str = ""  # of a file in Discord
    file_hash: str = ""  # of one of our own
    job_id: str = ""  # that made it
    index: int = 0  # among the job's pictures


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was taken: stored, and sure to be readable."""

    file_hash: str
    size: tuple[int, int]  # pixels
    settings: str | None
    """The infotext that it carries, if any."""


def check_size(name: str, size: int, most: int = MAX_FILE_SIZE) -> None:
    """Raise `Refusal` where a file of so many bytes is larger than is taken."""
    if size > most:
        raise Refusal("pictures.too_large", name=shown_name(name), max_size=most // 2**20)


def offered_file(file: discord.Attachment) -> Offered:
    """A file that somebody attached. Raises `Refusal` where it is larger than is taken."""
    check_size(file.filename, file.size)
    return Offered(name=file.filename, width=file.width, height=file.height, url=file.url)


def offered_by(message: discord.Message) -> list[Offered]:
    """The pictures that a message shows: attached ones, else those of its embeds."""
    attached = [it for it in message.attachments if _is_picture(it)]
    if attached:
        return [offered_file(it) for it in attached]
    shown = [it.image if it.image.proxy_url else it.thumbnail for it in message.embeds]
    return [
        # What Discord fetched itself: never an address that somebody made up.
        Offered(name=f"{number}", width=it.width, height=it.height, url=it.proxy_url)
        for number, it in enumerate(shown, start=1)
        if it.proxy_url
    ]


def offered_images(images: Sequence[StoredImage]) -> list[Offered]:
    """Pictures that were made here, as they were made."""
    return [
        Offered(
            name=f"{it.seed}.png",
            width=it.size[0],
            height=it.size[1],
            file_hash=it.file_hash,
            job_id=it.job_id,
            index=it.index,
        )
        for it in images
    ]


class InputPictures:
    """Takes pictures in."""

    def __init__(self, files: PictureFiles, clipseg: str = "") -> None:
        """`clipseg` is the folder of the model that finds things by name; empty: there is none."""
        self._files = files
        self._clipseg = clipseg
        self._turn = asyncio.Semaphore(1)
        self._search = asyncio.Semaphore(1)  # the model for it takes memory too, and longer

    async def take(self, offered: Offered) -> Picture:
        """The picture, on disk when this returns, as a plain PNG.

        Raises `Refusal` or `InvalidRequest` with a sentence where it cannot be had or read.
        """
        if offered.file_hash:
            try:
                content = await self._files.load(offered.file_hash)
            except FileNotFoundError as error:
                raise Refusal("show.lost") from error
            size = (offered.width or 0, offered.height or 0)
            settings = await asyncio.to_thread(read_settings, content)
            return Picture(offered.file_hash, size, settings)
        async with self._turn:
            content = await fetch(offered)
            # Both unpack pixels, which takes longer than the loop may wait.
            plain = await asyncio.to_thread(plain_picture, content)
            settings = await asyncio.to_thread(read_settings, content)
        file_hash = await self._files.store(plain.png)
        return Picture(file_hash, (plain.width, plain.height), settings)

    @property
    def finds_by_name(self) -> bool:
        """Whether anything is found in pictures by what it is called."""
        return bool(self._clipseg)

    async def find(self, picture: Picture, text: str) -> str:
        """The hash of a mask, stored, of where a picture shows what a text says.

        Raises `PipelineError` with a sentence where that is not possible.
        """
        content = await self._files.load(picture.file_hash)
        async with self._search:
            mask = await mask_of_text(Path(self._clipseg), content, text)
        return await self.keep(mask)

    async def keep(self, png: bytes) -> str:
        """Store a picture of our own making; returns its hash once it is on disk."""
        return await self._files.store(png)

    async def stored(self, png: bytes) -> Picture:
        """The same of a whole picture of our own making."""
        plain = await asyncio.to_thread(plain_picture, png)
        return Picture(await self.keep(png), (plain.width, plain.height), None)

    async def load(self, file_hash: str) -> bytes:
        """A picture that was taken or kept."""
        return await self._files.load(file_hash)


async def fetch(offered: Offered) -> bytes:
    """All of a file in Discord. Raises `Refusal` where it is too large or gone."""
    content = BytesIO()
    await fetch_into(content, offered, MAX_FILE_SIZE)
    return content.getvalue()


async def fetch_into(file: IO[bytes], offered: Offered, most: int) -> None:
    """The same into a file, of at most so many bytes."""
    try:
        async with (
            aiohttp.ClientSession(timeout=PATIENCE) as session,
            session.get(offered.url) as response,
        ):
            if response.status != FOUND:
                raise Refusal("pictures.gone", name=shown_name(offered.name))
            async for piece in response.content.iter_chunked(PIECE):
                file.write(piece)
                check_size(offered.name, file.tell(), most)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise Refusal("pictures.gone", name=shown_name(offered.name)) from error


def _is_picture(file: discord.Attachment) -> bool:
    # Discord looks into files itself; what it took for a picture has a size.
    return (file.content_type or "").startswith("image/") or file.width is not None


def shown_name(name: str) -> str:
    """A file's name as it may stand in a message."""
    return discord.utils.escape_markdown(name[:MAX_NAME])
