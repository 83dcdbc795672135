"""Picture files: whole or absent, and one bot's own."""

import errno
import hashlib
import os
from pathlib import Path

import pytest

from bot.errors import StartError
from bot.records.files import PictureFiles, open_picture_files


def kept(folder: Path) -> list[Path]:
    return list(folder.glob("pictures/*/*"))


async def test_a_picture_is_named_by_its_content_and_kept_once(
    files: PictureFiles, tmp_path: Path
) -> None:
    names = {await files.store(b"picture"), await files.store(b"picture")}
    assert names == {hashlib.sha256(b"picture").hexdigest()}
    assert len(kept(tmp_path)) == 1
    assert await files.load(names.pop()) == b"picture"


async def test_a_picture_that_could_not_be_written_leaves_nothing_behind(
    files: PictureFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        await files.store(b"picture")
    assert kept(tmp_path) == []


def test_a_second_bot_on_the_same_folder_is_refused(files: PictureFiles, tmp_path: Path) -> None:
    with (
        pytest.raises(StartError, match="Another bot is already at work"),
        open_picture_files(tmp_path / "pictures"),
    ):
        pass


def test_a_folder_that_cannot_be_written_is_one_sentence() -> None:
    with (
        pytest.raises(StartError, match="cannot be written"),
        open_picture_files(Path("/proc/pictures")),
    ):
        pass
