"""Reading embeddings: what trainers wrote, and what nobody should have."""

import base64
import json
import struct
import zipfile
import zlib
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, PngImagePlugin
from safetensors.torch import save_file
from torch import nn

from pipeline.adapters.card import mask_bytes
from pipeline.adapters.embedding import read_embedding
from pipeline.checkpoint import LEGACY_MAGIC
from pipeline.errors import AdapterUnreadable
from tests.pipeline.adapters.conftest import (
    FOUR_GIGABYTES_CLAIMED,
    WriteFile,
    run_as_its_writer_wishes,
)
from tests.pipeline.pictures import claiming, encoded

VECTORS = torch.linspace(-1, 1, 8).reshape(2, 4)
JSON = json.dumps(
    {"name": "inside", "step": 3, "string_to_param": {"*": {"TORCHTENSOR": VECTORS.tolist()}}}
)


def card(carried: str) -> bytes:
    """A PNG with something in its text chunk."""
    text = PngImagePlugin.PngInfo()
    text.add_text("sd-ti-embedding", base64.b64encode(carried.encode()).decode())
    return encoded(Image.new("RGB", (8, 8), "white"), pnginfo=text)


def card_in_pixels(carried: bytes, suffix: str = "PNG") -> bytes:
    """A picture with something in the low bits of its two blocks, 32 rows high."""
    data = np.frombuffer(carried, np.uint8)
    width = -(-len(data) // 96)
    blocks = [
        (np.resize(nibbles, 96 * width) ^ mask_bytes(96 * width) & 15).reshape(32, width, 3) | 0x40
        for nibbles in (data & 15, data >> 4)
    ]
    black, middle = np.zeros((32, 1, 3), np.uint8), np.full((32, 20, 3), 0x7F, np.uint8)
    picture = np.concatenate([blocks[0], black, middle, black, blocks[1]], axis=1)
    return encoded(Image.fromarray(picture.astype(np.uint8)), suffix, lossless=True)


@pytest.mark.parametrize(
    "values",
    [
        {"string_to_param": {"*": VECTORS}, "name": "another name", "step": 3},
        {"string_to_param": nn.ParameterDict({"*": nn.Parameter(VECTORS)})},
        {"<token>": VECTORS.half()},
        {"emb_params": VECTORS.bfloat16()},
        OrderedDict({"<token>": VECTORS[1]}),
    ],
)
def test_every_layout_in_a_pickle_is_read_and_named_by_its_file(
    write: WriteFile, values: dict[str, Any]
) -> None:
    embedding = read_embedding(write("mine.pt", values))
    assert (embedding.name, embedding.width) == ("mine", 4)
    assert embedding.vectors.dtype == torch.float32
    torch.testing.assert_close(embedding.vectors[-1], VECTORS[1], rtol=0.01, atol=0)


def test_a_pickle_as_torch_wrote_them_before_archives_is_read(tmp_path: Path) -> None:
    values = {"string_to_param": {"*": VECTORS}}
    torch.save(values, tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    assert torch.equal(read_embedding(tmp_path / "old.pt").vectors, VECTORS)


def test_the_hash_is_that_of_the_file(tmp_path: Path) -> None:
    save_file({"emb_params": VECTORS}, tmp_path / "mine.safetensors")
    first = read_embedding(tmp_path / "mine.safetensors").hash
    save_file({"emb_params": VECTORS + 1}, tmp_path / "mine.safetensors")
    assert len(first) == 64
    assert first != read_embedding(tmp_path / "mine.safetensors").hash


@pytest.mark.parametrize("suffix", ["png", "webp"])
def test_a_card_is_read_from_its_pixels_and_named_by_what_is_inside(
    tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"outside.{suffix}"
    path.write_bytes(card_in_pixels(zlib.compress(JSON.encode(), 9), suffix))
    embedding = read_embedding(path)
    assert (embedding.name, embedding.step) == ("inside", 3)
    torch.testing.assert_close(embedding.vectors, VECTORS)


def test_a_pickle_that_runs_code_is_refused_and_does_not_run(hostile: tuple[Path, Path]) -> None:
    path, trace = hostile
    with pytest.raises(AdapterUnreadable, match="`hostile` cannot be used"):
        read_embedding(path)
    assert not trace.exists()
    run_as_its_writer_wishes(path)
    assert trace.exists()


NAN = VECTORS.clone()
NAN[0, 0] = torch.nan


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "file is empty"),
        (b"not a file of tensors at all", "truncated, damaged or no file"),
        (FOUR_GIGABYTES_CLAIMED, "truncated, damaged or no file"),
        (struct.pack("<Q", 2**40) + b"{}", "truncated, damaged or no file"),
        (LEGACY_MAGIC + b"\x80\x02K", "truncated or damaged|more than numbers"),
        (b"PK\x03\x04 and nothing more", "truncated or damaged"),
    ],
)
def test_bytes_that_are_no_embedding_are_refused_in_a_sentence(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    (tmp_path / "bad.pt").write_bytes(content)
    with pytest.raises(
        AdapterUnreadable, match=rf"^The embedding `bad` cannot be used: .*{reason}"
    ):
        read_embedding(tmp_path / "bad.pt")


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([VECTORS], "maps no names"),
        ({}, "maps no names"),
        ({"a": VECTORS, "b": VECTORS}, "of one only"),
        ({"string_to_param": {"a": VECTORS, "b": VECTORS}}, "of one only"),
        ({"a": "text"}, "no tensor"),
        ({"a": VECTORS.long()}, "no tensor"),
        ({"a": VECTORS.to_sparse()}, "no tensor|more than numbers"),
        ({"a": VECTORS.to("meta")}, "no tensor|more than numbers"),
        ({"a": NAN}, "NaN or infinity"),
        ({"a": VECTORS / 0}, "NaN or infinity"),
        ({"a": torch.zeros(())}, "no list of vectors"),
        ({"a": torch.zeros(0, 4)}, "no list of vectors"),
        ({"a": torch.zeros(1, 2, 4)}, "no list of vectors"),
        ({"a": torch.zeros(76, 4)}, "76 vectors"),
        ({"a": torch.zeros(1, 1).expand(2**15, 2**15)}, "claims to be larger"),
        ({"clip_l": VECTORS, "clip_g": VECTORS[:1]}, "as many vectors"),
    ],
)
def test_tensors_that_are_no_embedding_are_refused_in_a_sentence(
    write: WriteFile, values: Any, reason: str
) -> None:
    with pytest.raises(AdapterUnreadable, match=reason):
        read_embedding(write("bad.pt", values))


def test_a_truncated_file_is_refused_wherever_it_ends(write: WriteFile) -> None:
    path = write("bad.pt", {"string_to_param": {"*": VECTORS}})
    content = path.read_bytes()
    for length in range(1, len(content), 37):
        path.write_bytes(content[:length])
        with pytest.raises(AdapterUnreadable):
            read_embedding(path)


def test_an_archive_that_unpacks_to_more_than_it_is_is_refused_unopened(write: WriteFile) -> None:
    path = write("bad.pt", {"emb_params": torch.zeros(64, 2**18)})
    with zipfile.ZipFile(path) as stored:
        records = {name: stored.read(name) for name in stored.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bomb:
        for name, record in records.items():
            bomb.writestr(name, record)
    assert path.stat().st_size < 100_000
    with pytest.raises(AdapterUnreadable, match="compressed"):
        read_embedding(path)


def test_a_file_larger_than_any_embedding_is_not_even_read(tmp_path: Path) -> None:
    with (tmp_path / "bad.pt").open("wb") as file:
        file.truncate(5 * 2**30)  # a hole: it takes no room on the disk
    with pytest.raises(AdapterUnreadable, match="5,120 MB, and at most 64"):
        read_embedding(tmp_path / "bad.pt")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (card("[" * 100_000), "damaged"),
        (card("{"), "damaged"),
        (card("[]"), "no embedding"),
        (card('{"string_to_param": 3}'), "no embedding"),
        (card('{"string_to_param": {"*": {"TORCHTENSOR": [[1], [2, 3]]}}}'), "no embedding"),
        (card('{"string_to_param": {"*": {"TORCHTENSOR": [[NaN]]}}}'), "NaN"),
        (card(" " * (9 * 2**20)), "far more than an embedding"),
        (claiming(card("{}"), 5000, 4000), "5000 x 4000 pixels"),
        (claiming(card("{}"), 30_000, 10_000), "far too large"),
        (card_in_pixels(zlib.compress(b" " * (9 * 2**20), 9)), "far more than an embedding"),
        (card_in_pixels(b"not zlib at all"), "damaged"),
        (card_in_pixels(zlib.compress(JSON.encode())[:40]), "damaged"),
        (card(JSON)[:100], "truncated"),
    ],
)
def test_a_card_that_carries_none_is_refused_in_a_sentence(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    (tmp_path / "bad.png").write_bytes(content)
    with pytest.raises(AdapterUnreadable, match=reason):
        read_embedding(tmp_path / "bad.png")


@pytest.mark.parametrize("colour", ["black", "white", "#808080"])
def test_an_ordinary_picture_carries_none(tmp_path: Path, colour: str) -> None:
    Image.new("RGB", (40, 30), colour).save(tmp_path / "bad.png")
    with pytest.raises(AdapterUnreadable, match=r"carries no embedding|carries is damaged"):
        read_embedding(tmp_path / "bad.png")
