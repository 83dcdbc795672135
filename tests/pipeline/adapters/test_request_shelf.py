"""What a request brings along stands before the folder's, under its own name, and is remembered."""

import os
from pathlib import Path

import pytest
import torch

from pipeline.adapters.request_shelf import RequestShelf
from pipeline.adapters.shelf import Shelf
from pipeline.artifact import UsedArtifact
from pipeline.errors import AdapterUnreadable
from tests.pipeline.adapters.conftest import WriteFile


def used(path: Path, name: str) -> UsedArtifact:
    return UsedArtifact(kind="embedding", name=name, path=str(path))


def test_a_name_hides_the_folders_whatever_its_capitals_and_whether_or_not_that_is_of_use(
    write: WriteFile, tmp_path: Path
) -> None:
    for name in ("Style", "other"):
        write(f"embeddings/{name}.pt", {"*": torch.ones(1, 4)})
    write("embeddings/bad.pt", {"*": "text"})
    own = [
        used(write(f"kept/{at}.pt", {"*": torch.zeros(2, 4)}), name)
        for at, name in ((1, "style"), (2, "BAD"))
    ]
    shelf = RequestShelf(Shelf(tmp_path), own)
    found = shelf.embeddings(4)
    assert {name: len(each.vectors) for name, each in found.items()} == {
        "style": 2,
        "BAD": 2,
        "other": 1,
    }
    assert [*found][:2] == ["style", "BAD"]  # of names that a tokenizer cannot tell apart
    assert not shelf.unusable_embeddings(4)
    assert set(RequestShelf(Shelf(tmp_path)).embeddings(4)) == {"Style", "other"}


def test_one_that_is_of_no_use_hides_the_folders_and_says_why(
    write: WriteFile, tmp_path: Path
) -> None:
    write("embeddings/style.pt", {"*": torch.ones(1, 4)})
    shelf = RequestShelf(Shelf(tmp_path), [used(write("kept/1.pt", {"*": "text"}), "Style")])
    assert not shelf.embeddings(4)
    assert "`Style` cannot be used" in shelf.unusable_embeddings(4)["Style"]


def test_a_name_that_stands_for_nothing_hides_the_folders(write: WriteFile, tmp_path: Path) -> None:
    for name in ("style", "other"):
        write(f"embeddings/{name}.pt", {"*": torch.ones(1, 4)})
    nothing = UsedArtifact(kind="embedding", name="Style", path="")
    shelf = RequestShelf(Shelf(tmp_path), [nothing])
    assert set(shelf.embeddings(4)) == {"other"}
    assert not shelf.unusable_embeddings(4)


def test_a_file_is_read_once_a_version_whatever_it_is_called(
    write: WriteFile, tmp_path: Path
) -> None:
    folder = Shelf(tmp_path)
    path = write("kept/1.pt", {"*": torch.ones(1, 4)})
    first = folder.embedding_in(path)
    for name in ("mine", "anna/mine"):
        [found] = RequestShelf(folder, [used(path, name)]).embeddings(4).values()
        assert found.name == name
        assert found.vectors is first.vectors
    write("kept/1.pt", {"*": torch.zeros(1, 4)})
    os.utime(path, ns=(1, 1))
    assert not folder.embedding_in(path).vectors.any()
    path.unlink()
    with pytest.raises(AdapterUnreadable, match="`1` cannot be used: it is not there any more"):
        folder.embedding_in(path)
