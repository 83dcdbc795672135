"""Picture files: named by their own SHA-256, so that a file is there whole or not at all.

Storing the same picture twice is harmless, which is what a job that is run again after a crash
needs. Files are never changed; when they were stored last, their time of change says.
"""

import asyncio
import fcntl
import hashlib
import os
import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

from bot.errors import StartError

SUFFIX = ".png"
HASH = re.compile("[0-9a-f]{64}")
HALF_WRITTEN = "."  # what the name of a file begins with that is not whole yet


class PictureFiles:
    """A folder of PNG files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # What is stored again must not be deleted at that moment for having lain there long.
        self._turn = threading.Lock()

    async def store(self, png: bytes) -> str:
        """Keep a picture; returns its hash once it is on disk."""
        return await asyncio.to_thread(self._store, png)

    async def load(self, file_hash: str) -> bytes:
        """The picture of that hash."""
        return await asyncio.to_thread(self._path(file_hash).read_bytes)

    async def stored_between(self, prefix: str, first: datetime, last: datetime) -> set[str]:
        """The hashes of those pictures, of all that begin so, that were stored last in this span.

        A prefix has two hexadecimal digits.
        """
        span = first.timestamp(), last.timestamp()
        return await asyncio.to_thread(self._stored_between, prefix, *span)

    async def delete(self, hashes: Iterable[str], before: datetime) -> int:
        """Delete pictures, but none that was stored again since; returns how many that were."""
        return await asyncio.to_thread(self._delete, hashes, before.timestamp())

    async def clear(self, before: datetime) -> None:
        """Delete what a process left half written that was killed before that moment."""
        await asyncio.to_thread(self._clear, before.timestamp())

    def _store(self, png: bytes) -> str:
        file_hash = hashlib.sha256(png).hexdigest()
        path = self._path(file_hash)
        with self._turn:
            if path.exists():
                os.utime(path)
                return file_hash
        path.parent.mkdir(exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, prefix=HALF_WRITTEN, delete=False) as file:
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

    def _stored_between(self, prefix: str, first: float, last: float) -> set[str]:
        found = (self._folder / prefix).glob(f"*{SUFFIX}")
        return {
            it.stem
            for it in found
            if HASH.fullmatch(it.stem) and first <= it.stat().st_mtime < last
        }

    def _delete(self, hashes: Iterable[str], before: float) -> int:
        return sum(self._take_away(self._path(it), before) for it in hashes)

    def _clear(self, before: float) -> None:
        for path in self._folder.glob(f"[0-9a-f][0-9a-f]/{HALF_WRITTEN}*"):
            self._take_away(path, before)

    def _take_away(self, path: Path, before: float) -> bool:
        with self._turn:
            is_old = path.stat().st_mtime < before
            if is_old:
                path.unlink()
            return is_old

    def _path(self, file_hash: str) -> Path:
        return self._folder / file_hash[:2] / f"{file_hash}{SUFFIX}"


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
