"""The adapters folder: what is found in it, what is not, and how it follows the disk."""

import logging
import os
import pickle
from pathlib import Path

import pytest
import torch
from PIL import Image

from pipeline.adapters.hypernetwork import Net, Structure
from pipeline.adapters.shelf import Shelf
from pipeline.errors import AdapterUnreadable, UnknownAdapter
from tests.pipeline.adapters.conftest import WriteFile

NETS = Net(6, Structure()).state_dict()


def test_embeddings_are_found_at_any_depth_by_their_stem(write: WriteFile, tmp_path: Path) -> None:
    for name in ("one.pt", "styles/two.pt", "styles/deep/three.pt"):
        write(f"embeddings/{name}", {"*": torch.ones(len(name), 4)})
    write("embeddings/notes.txt", {"*": torch.ones(1, 4)})
    write("embeddings/one.preview.png", {"*": torch.ones(1, 4)})
    found = Shelf(tmp_path).embeddings(4)
    assert sorted(found) == ["one", "three", "two"]
    assert len(found["one"].vectors) == len("one.pt")


def test_of_several_files_with_one_stem_the_newest_counts(write: WriteFile, tmp_path: Path) -> None:
    ages = {"a/one.pt": 3, "one.bin": 1, "one.pt": 2}
    for name, age in ages.items():
        os.utime(write(f"embeddings/{name}", {"*": torch.ones(age, 4)}), ns=(0, 10 - age))
    assert len(Shelf(tmp_path).embeddings(4)["one"].vectors) == 1


def test_neither_a_picture_of_it_nor_its_like_for_another_model_hides_an_embedding(
    write: WriteFile, tmp_path: Path
) -> None:
    write("embeddings/one.pt", {"*": torch.ones(1, 4)})
    write("embeddings/one.bin", {"*": torch.ones(1, 8)})
    Image.new("RGB", (64, 64), "red").save(tmp_path / "embeddings" / "one.png")
    shelf = Shelf(tmp_path)
    for width in (4, 8):
        assert shelf.embeddings(width)["one"].width == width
        assert not shelf.unusable_embeddings(width)


def test_without_a_folder_there_is_nothing(tmp_path: Path) -> None:
    for shelf in (Shelf(None), Shelf(tmp_path)):
        assert not shelf.embeddings(4)
        assert not shelf.unusable_embeddings(4)
        with pytest.raises(UnknownAdapter, match="none at all"):
            shelf.hypernetwork("a")


def test_a_folder_that_changed_is_read_again_and_only_what_changed(
    write: WriteFile, tmp_path: Path
) -> None:
    shelf = Shelf(tmp_path)
    path = write("embeddings/a.pt", {"*": torch.ones(1, 4)})
    write("embeddings/b.pt", {"*": torch.ones(1, 4)})
    before = shelf.embeddings(4)
    write("embeddings/a.pt", {"*": torch.zeros(1, 4)})
    os.utime(path, ns=(1, 1))
    write("embeddings/c.pt", {"*": torch.ones(1, 4)})
    (tmp_path / "embeddings" / "b.pt").rename(tmp_path / "embeddings" / "d.pt")
    after = shelf.embeddings(4)
    assert sorted(after) == ["a", "c", "d"]
    assert after["a"].hash != before["a"].hash
    assert shelf.embeddings(4)["a"] is after["a"]


def test_what_does_not_fit_or_cannot_be_read_hides_nothing_else_and_says_why(
    write: WriteFile, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write("embeddings/good.pt", {"*": torch.ones(1, 4)})
    write("embeddings/wide.pt", {"*": torch.ones(1, 8)})
    write("embeddings/bad.pt", {"*": "text"})
    (tmp_path / "embeddings" / "empty.pt").touch()
    shelf = Shelf(tmp_path)
    with caplog.at_level(logging.INFO):
        for _ in range(2):
            assert list(shelf.embeddings(4)) == ["good"]
    assert len([record for record in caplog.records if "is skipped" in record.message]) == 3
    reasons = shelf.unusable_embeddings(4)
    assert sorted(reasons) == ["bad", "empty", "wide"]
    assert "have 8 numbers, and this model's have 4" in reasons["wide"]
    assert list(shelf.embeddings(8)) == ["wide"]


def test_a_hypernetwork_is_found_by_name_and_kept(write: WriteFile, tmp_path: Path) -> None:
    write("hypernetworks/old/mine.pt", {6: (NETS, NETS)})
    shelf = Shelf(tmp_path)
    assert shelf.hypernetwork("mine") is shelf.hypernetwork("mine")


def test_an_unknown_hypernetwork_is_refused_with_the_nearest_names(
    write: WriteFile, tmp_path: Path
) -> None:
    for name in ("watercolour", "oilpaint", "pixels"):
        write(f"hypernetworks/{name}.pt", {6: (NETS, NETS)})
    with pytest.raises(
        UnknownAdapter, match=r"hypernetwork called `watercolor`\. Try: watercolour"
    ):
        Shelf(tmp_path).hypernetwork("watercolor")
    with pytest.raises(UnknownAdapter):
        Shelf(tmp_path).hypernetwork("../hypernetworks/pixels")


def test_a_bad_hypernetwork_is_refused_when_named(write: WriteFile, tmp_path: Path) -> None:
    write("hypernetworks/bad.pt", {6: (NETS, 3)})
    with pytest.raises(AdapterUnreadable, match="`bad`"):
        Shelf(tmp_path).hypernetwork("bad")


def test_an_unknown_adapter_crosses_between_processes_as_it_is() -> None:
    error = UnknownAdapter("a", ["b"], "embedding")
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.message, copy.name, copy.known) == (error.message, "a", ("b",))
