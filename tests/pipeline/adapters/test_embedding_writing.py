"""Writing embeddings: what we read back is what was written, and others' layouts are kept."""

import base64
import json
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from pipeline.adapters.card import from_pixels
from pipeline.adapters.card_writing import with_blocks
from pipeline.adapters.embedding import Embedding, read_embedding
from pipeline.adapters.embedding_writing import write_embedding

GOLDEN = Path(__file__).parents[2] / "golden" / "data"
PICTURE = Image.linear_gradient("L").resize((96, 64))


def embedding(num_vectors: int = 3, clip_l_width: int | None = None) -> Embedding:
    vectors = torch.randn(num_vectors, 16, generator=torch.Generator().manual_seed(1))
    origin = {"checkpoint": "abcdef1234", "checkpoint_name": "toy"}
    return Embedding("my name", vectors, "", clip_l_width, step=250, **origin)


@pytest.mark.parametrize("suffix", [".pt", ".bin", ".safetensors", ".png"])
@pytest.mark.parametrize("num_vectors", [1, 3, 75])
def test_what_is_written_is_read_to_the_same_bits(
    tmp_path: Path, suffix: str, num_vectors: int
) -> None:
    written = embedding(num_vectors)
    path = tmp_path / f"my name{suffix}"
    write_embedding(path, written, PICTURE)
    found = read_embedding(path)
    assert torch.equal(found.vectors, written.vectors)
    assert found.name == "my name"
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_a_webui_file_has_the_keys_of_a_webui_file(tmp_path: Path) -> None:
    write_embedding(tmp_path / "mine.pt", embedding())
    ours = torch.load(tmp_path / "mine.pt", weights_only=True)
    theirs = torch.load(GOLDEN / "ti_webui.pt", weights_only=True)
    assert ours.keys() == theirs.keys()
    assert {key: type(value) for key, value in ours.items()} == {
        key: type(value) for key, value in theirs.items()
    }
    for key in ("string_to_token", "step", "sd_checkpoint", "sd_checkpoint_name"):
        assert ours[key] == theirs[key]


def test_an_embedding_of_two_towers_is_written_in_two_parts(tmp_path: Path) -> None:
    written = embedding(clip_l_width=6)
    write_embedding(tmp_path / "xl.safetensors", written)
    found = read_embedding(tmp_path / "xl.safetensors")
    assert torch.equal(found.vectors, written.vectors)
    assert found.clip_l_width == 6
    with pytest.raises(ValueError, match=r"two parts: write it as \.safetensors"):
        write_embedding(tmp_path / "xl.pt", written)


def test_a_card_carries_its_embedding_in_its_pixels_alone(tmp_path: Path) -> None:
    write_embedding(tmp_path / "card.png", embedding(), PICTURE)
    with Image.open(tmp_path / "card.png") as card:
        Image.fromarray(np.asarray(card)).save(tmp_path / "stripped.png")
    found = read_embedding(tmp_path / "stripped.png")
    assert (found.name, found.step, found.checkpoint) == ("my name", 250, "abcdef1234")
    assert torch.equal(found.vectors, embedding().vectors)


def test_the_blocks_of_a_card_have_the_low_bits_of_the_reference() -> None:
    golden = np.asarray(Image.open(GOLDEN / "ti_card_stego.png").convert("RGB"))
    carried = from_pixels(golden)
    assert carried is not None
    ours = with_blocks(golden[:, 4:-4], carried, embedding())
    assert ours.shape == golden.shape
    assert np.array_equal(ours[:, :3] & 15, golden[:, :3] & 15)
    assert np.array_equal(ours[:, -3:] & 15, golden[:, -3:] & 15)


def test_the_text_of_a_card_is_that_of_the_reference(tmp_path: Path) -> None:
    golden = read_embedding(GOLDEN / "ti_card_text.png")
    write_embedding(tmp_path / "card.png", golden, PICTURE)
    texts = []
    for path in (tmp_path / "card.png", GOLDEN / "ti_card_text.png"):
        with Image.open(BytesIO(path.read_bytes())) as card:
            texts.append(json.loads(base64.b64decode(card.text["sd-ti-embedding"])))  # type: ignore[attr-defined]
    assert texts[0] == texts[1]
