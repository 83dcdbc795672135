"""Zip archives that somebody sent with pictures to learn from: looked through before anything is
unpacked, and never unpacked onto the disk.

Whoever sent one may have sent anything. What its list of files says is checked against limits, and
as none of that must be true, no more is ever unpacked than it says. All of this takes its time:
not for an event loop.
"""

import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from bot.errors import Refusal
from bot.intake.pictures import MAX_FILE_SIZE, shown_name

MAX_ZIP_SIZE = 100 * 2**20  # bytes
MAX_FILES = 2000  # in one archive, whatever they are
MAX_UNPACKED = 400 * 2**20  # bytes of all of them
MAX_RATIO = 50  # of a file's size to what it takes in the archive; pictures are near 1 …
SMALL = 2**20  # bytes … and texts are small
MAX_LIST = 2**20  # bytes of the list of files
# The records that an archive, and a large one, end with, and where they say how long the list is.
ENDS = {b"PK\x05\x06": slice(12, 16), b"PK\x06\x06": slice(40, 48)}
MAX_END = 2**16 + 2**8  # bytes of both, with a comment
ENCRYPTED = 1  # in a file's flags
ARCHIVES = frozenset({".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz"})
DRIVE = re.compile(r"[A-Za-z]:")
LITTER = frozenset({"__macosx", "thumbs.db", "desktop.ini"})


class TrainingZip:
    """An archive whose files may be read one by one."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        """Raises `Refusal` that says what is wrong with it."""
        self._name = shown_name(name)
        with self._understood():
            self._check_list(file)
            self._zip = ZipFile(file)
        infos = [it for it in self._zip.infolist() if not it.is_dir()]
        if len(infos) > MAX_FILES:
            self._refuse("train.zip.too_many", count=f"{len(infos):,}", most=f"{MAX_FILES:,}")
        for info in infos:
            self._check(info)
        if sum(it.file_size for it in infos) > MAX_UNPACKED:
            self._refuse("train.zip.too_much", most=MAX_UNPACKED // 2**20)
        self._infos = [it for it in infos if not _is_litter(it.filename)]

    @property
    def names(self) -> list[str]:
        """Its files, folders before them, in the order of their names."""
        return sorted(it.filename for it in self._infos)

    def read(self, name: str) -> bytes:
        """One of its files. Raises `Refusal` where the archive is damaged."""
        with self._understood(), self._zip.open(name) as file:
            return file.read(MAX_FILE_SIZE)

    def _check_list(self, file: IO[bytes]) -> None:
        """That reading its list takes little memory, which `zipfile` trusts the archive with."""
        size = file.seek(0, 2)
        file.seek(max(0, size - MAX_END))
        ending = file.read()
        for mark, place in ENDS.items():
            # Which of several `zipfile` takes for the end is for it to say.
            for found in re.finditer(re.escape(mark), ending):
                told = ending[found.start() :][place]
                if int.from_bytes(told, "little") > MAX_LIST:
                    self._refuse("train.zip.list_too_long", most=f"{MAX_FILES:,}")
        file.seek(0)

    def _check(self, info: ZipInfo) -> None:
        path = PurePosixPath(info.filename.replace("\\", "/"))
        shown = shown_name(info.filename)
        if path.is_absolute() or ".." in path.parts or DRIVE.match(info.filename):
            self._refuse("train.zip.leads_out", file=shown)
        if path.suffix.lower() in ARCHIVES:
            self._refuse("train.zip.nested", file=shown)
        if info.flag_bits & ENCRYPTED:
            self._refuse("train.zip.encrypted")
        if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            self._refuse("train.zip.unusual", file=shown)
        if info.file_size > SMALL and info.file_size > MAX_RATIO * max(info.compress_size, 1):
            self._refuse("train.zip.bomb", file=shown, size=f"{info.file_size / 2**20:,.0f}")
        if info.file_size > MAX_FILE_SIZE:
            self._refuse("train.zip.file_too_large", file=shown, most=MAX_FILE_SIZE // 2**20)

    @contextmanager
    def _understood(self) -> Iterator[None]:
        try:
            yield
        except (BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
            raise Refusal("train.zip.damaged", name=self._name) from error

    def _refuse(self, key: str, **values: object) -> None:
        raise Refusal(key, name=self._name, **values)


def _is_litter(name: str) -> bool:
    """Whether a file only lies there because of somebody's system."""
    return any(part.lower() in LITTER or part.startswith(".") for part in PurePosixPath(name).parts)
