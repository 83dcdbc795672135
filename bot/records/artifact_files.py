"""Files of what was learned: named by their own SHA-256, and never changed.

A checkpoint may be a folder; it is named by the names and hashes of all that is in it.
"""

import asyncio
import errno
import hashlib
import math
import os
import re
import shutil
import tempfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.errors import StartError

MAX_SUFFIX = 16  # characters
TEMPORARY = ".part-"  # what the name of something begins with that is not whole yet
CLOCK_TICK = 1.0  # seconds that a file may seem older than it is
OURS = re.compile(rf"[0-9a-f]{{64}}(\.|\Z)|{re.escape(TEMPORARY)}")  # nothing else is swept


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file or folder in the store."""

    file_hash: str
    suffix: str  # empty: it is a folder
    num_bytes: int


@dataclass(frozen=True, slots=True)
class Swept:
    """What came of a sweep, in files and folders."""

    num_gone: int
    num_older: int  # than the records, in which nothing names them; these stay


class ArtifactFiles:
    """A folder of files and folders."""

    def __init__(self, folder: Path) -> None:
        """Raises `StartError` where the folder cannot be written."""
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StartError(
                f"The folder `{folder}` cannot be written: {error.strerror}. "
                "Check [storage] artifacts in the config."
            ) from error

    def path(self, file_hash: str, suffix: str) -> Path:
        """Where the file or folder of that hash is."""
        return self._folder / file_hash[:2] / f"{file_hash}{suffix}"

    async def keep(self, path: Path) -> KeptFile:
        """Take a file or folder into the store; it is on disk when this returns.

        It stays where it is as well, as the same files: nobody may write into them afterwards.
        """
        return await asyncio.to_thread(self._keep, path)

    async def sweep(self, hashes: Collection[str], began: datetime | None) -> Swept:
        """Delete everything but what has these hashes and what is older than the records.

        They began at that moment, or know nobody yet: it may be others that know what is older.
        """
        first = began.timestamp() - CLOCK_TICK if began else math.inf
        return await asyncio.to_thread(self._sweep, frozenset(hashes), first)

    def _keep(self, path: Path) -> KeptFile:
        # What was a folder once must not be taken for a file: every file has some ending.
        suffix = "" if path.is_dir() else path.suffix.lower()[:MAX_SUFFIX] or ".bin"
        contents = {it.relative_to(path).as_posix(): it for it in _files(path)}
        hashes = {name: _hash(it) for name, it in contents.items()}
        file_hash = _hash_all(path, hashes)
        num_bytes = sum(it.stat().st_size for it in contents.values())
        kept = KeptFile(file_hash, suffix, num_bytes)
        target = self.path(file_hash, suffix)
        if not target.exists():
            self._take_in(contents, target)
        return kept

    def _take_in(self, contents: dict[str, Path], target: Path) -> None:
        target.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=TEMPORARY) as temporary:
            whole = Path(temporary) / target.name
            for name, source in contents.items():
                copy = whole / name  # a file's own name is "."
                copy.parent.mkdir(parents=True, exist_ok=True)
                _link(source, copy)
                _sync(copy)
            for folder in {it.parent for it in whole.rglob("*")}:
                _sync(folder)
            whole.replace(target)
        # The names are data too: of the file in its folder, and of that folder in ours.
        for folder in (target.parent, self._folder):
            _sync(folder)

    def _sweep(self, hashes: frozenset[str], first: float) -> Swept:
        num_gone, num_older = 0, 0
        for path in self._folder.glob("[0-9a-f][0-9a-f]/*"):
            if path.name.partition(".")[0] in hashes or not OURS.match(path.name):
                continue
            if path.stat().st_mtime < first:
                num_older += 1
                continue
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
            num_gone += 1
        return Swept(num_gone, num_older)


async def num_bytes_of(path: Path) -> int:
    """How large a file is, or all files in a folder."""
    return await asyncio.to_thread(lambda: sum(it.stat().st_size for it in _files(path)))


def _files(path: Path) -> Iterator[Path]:
    """A file itself, or all files in a folder, in the order of their names."""
    if path.is_dir():
        yield from sorted(it for it in path.rglob("*") if it.is_file())
    else:
        yield path


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _hash_all(path: Path, hashes: dict[str, str]) -> str:
    """Of a file its own; of a folder that of all names and hashes in it."""
    if not path.is_dir():
        return hashes["."]
    listed = "".join(f"{name}\0{it}\n" for name, it in hashes.items())
    return hashlib.sha256(listed.encode()).hexdigest()


def _link(source: Path, copy: Path) -> None:
    try:
        os.link(source, copy)
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.EPERM):
            raise
        shutil.copyfile(source, copy)  # another file system, or one that links nothing


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
