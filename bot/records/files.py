"""Picture files: named by their own SHA-256, so that a file is there whole or not at all.

Storing the same picture twice is harmless, which is what a job that is run again after a crash
needs. Files are never changed.
"""

import asyncio
import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile

from bot.errors import StartError


class PictureFiles:
    """A folder of PNG files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def store(self, png: bytes) -> str:
        """Keep a picture; returns its hash once it is on disk."""
        return await asyncio.to_thread(self._store, png)

    async def load(self, file_hash: str) -> bytes:
        """The picture of that hash."""
        return await asyncio.to_thread(self._path(file_hash).read_bytes)

    def _store(self, png: bytes) -> str:
        file_hash = hashlib.sha256(png).hexdigest()
        path = self._path(file_hash)
        if path.exists():
            return file_hash
        path.parent.mkdir(exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
            try:
                file.write(png)
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).replace(path)
            except OSError:
                Path(file.name).unlink(missing_ok=True)
                raise
        # The names are data too: of the file in its folder, and of that folder in ours.
        for folder in (path.parent, self._folder):
            _sync_folder(folder)
        return file_hash

    def _path(self, file_hash: str) -> Path:
        return self._folder / file_hash[:2] / f"{file_hash}.png"


@contextmanager
def open_picture_files(folder: Path) -> Iterator[PictureFiles]:
    """The picture files in `folder`, for this process alone.

    Two bots on the same records would answer everybody twice. Raises `StartError` where the
    folder cannot be written or another bot has it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".lock").open("wb", buffering=0)
    except OSError as error:
        raise StartError(
            f"The folder `{folder}` cannot be written: {error.strerror}. "
            "Check [storage] folder in the config."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            lock.write(f"{os.getpid()}\n".encode())
        except BlockingIOError as error:
            raise StartError(
                f"Another bot is already at work on `{folder}`: stop it first, or give this one "
                "a [storage] folder and a [database] of its own."
            ) from error
        except OSError as error:
            raise StartError(f"Nothing can be stored in `{folder}`: {error.strerror}.") from error
        yield PictureFiles(folder)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
