"""Files of what was learned: whole or absent, named by their content, swept when nothing is."""

import errno
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import StartError
from bot.records.artifact_files import ArtifactFiles, Swept


@pytest.fixture
def store(tmp_path: Path) -> ArtifactFiles:
    return ArtifactFiles(tmp_path / "artifacts")


def checkpoint(folder: Path, weights: bytes = b"weights") -> Path:
    (folder / "unet").mkdir(parents=True)
    (folder / "unet" / "model.safetensors").write_bytes(weights)
    (folder / "model_index.json").write_text("{}")
    return folder


async def test_a_file_is_kept_once_whatever_it_was_called_and_stays_where_it_was(
    store: ArtifactFiles, tmp_path: Path
) -> None:
    for name in ("cat.PT", "dog.pt"):
        (tmp_path / name).write_bytes(b"vectors")
    kept = {await store.keep(tmp_path / name) for name in ("cat.PT", "dog.pt")}
    assert {(it.suffix, it.num_bytes) for it in kept} == {(".pt", 7)}
    [it] = kept
    assert store.path(it.file_hash, it.suffix).read_bytes() == b"vectors"
    assert (tmp_path / "dog.pt").stat().st_nlink == 1
    assert len([*(tmp_path / "artifacts").glob("*/*")]) == 1


async def test_a_folder_is_kept_as_one_and_named_by_all_that_is_in_it(
    store: ArtifactFiles, tmp_path: Path
) -> None:
    kept = await store.keep(checkpoint(tmp_path / "a"))
    assert (kept.suffix, kept.num_bytes) == ("", 9)
    path = store.path(kept.file_hash, kept.suffix)
    assert (path / "unet" / "model.safetensors").read_bytes() == b"weights"
    assert (path / "model_index.json").is_file()
    assert await store.keep(checkpoint(tmp_path / "b")) == kept
    assert (await store.keep(checkpoint(tmp_path / "c", b"others"))).file_hash != kept.file_hash


async def test_what_could_not_be_kept_leaves_nothing_behind(
    store: ArtifactFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        await store.keep(checkpoint(tmp_path / "a"))
    assert [*(tmp_path / "artifacts").glob("*/*")] == []


async def test_another_file_system_gets_a_copy(
    store: ArtifactFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def far(*_: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", far)
    kept = await store.keep(checkpoint(tmp_path / "a"))
    path = store.path(kept.file_hash, kept.suffix)
    assert (path / "unet" / "model.safetensors").read_bytes() == b"weights"


async def test_what_nothing_needs_is_swept_with_what_was_left_half_made_since_the_records_began(
    store: ArtifactFiles, tmp_path: Path
) -> None:
    needed, gone = [await store.keep(checkpoint(tmp_path / it, it.encode())) for it in "ab"]
    (tmp_path / "artifacts" / gone.file_hash[:2] / ".part-1").mkdir()
    others = [tmp_path / "artifacts" / it for it in ("aa/notes.txt", "pictures/a.png")]
    for other in others:
        other.parent.mkdir(exist_ok=True)
        other.write_bytes(b"somebody else's")
    began = datetime.now(UTC)
    assert await store.sweep([needed.file_hash], None) == Swept(num_gone=0, num_older=2)
    later = began + timedelta(minutes=1)
    assert await store.sweep([needed.file_hash], later) == Swept(num_gone=0, num_older=2)
    assert await store.sweep([needed.file_hash], began) == Swept(num_gone=2, num_older=0)
    assert store.path(needed.file_hash, "").is_dir()
    assert not store.path(gone.file_hash, "").exists()
    assert all(other.is_file() for other in others)


def test_a_folder_that_cannot_be_written_is_one_sentence() -> None:
    with pytest.raises(StartError, match="cannot be written"):
        ArtifactFiles(Path("/proc/artifacts"))
