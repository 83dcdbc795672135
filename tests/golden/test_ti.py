"""Embedding files against what webui reads from them: every layout, both kinds of card."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from pipeline.adapters.card import mask_bytes
from pipeline.adapters.embedding import Embedding, read_embedding
from pipeline.errors import AdapterUnreadable
from pipeline.training.textual_inversion import source_places


def cases(directory: Path) -> dict[str, Any]:
    """What webui made of each file, by the file's name."""
    recorded = json.loads((directory / "ti.json").read_text())
    return {name: {"file": name, "loaded": it} for name, it in recorded["loaded"].items()}


@pytest.fixture(scope="module")
def recorded(golden_dir: Path) -> dict[str, Any]:
    contents: dict[str, Any] = json.loads((golden_dir / "ti.json").read_text())
    return contents


@pytest.fixture(scope="module")
def tensors(golden_dir: Path) -> dict[str, Tensor]:
    return load_file(golden_dir / "ti_vectors.safetensors")


def test_a_file_holds_what_the_reference_finds_in_it(
    golden_dir: Path, case: dict[str, Any], tensors: dict[str, Tensor]
) -> None:
    loaded = case["loaded"]
    if loaded is None:
        with pytest.raises(AdapterUnreadable, match="carries no embedding"):
            read_embedding(golden_dir / case["file"])
        return
    embedding = read_embedding(golden_dir / case["file"])
    if isinstance(loaded["shape"], list):  # a card: the whole shape, and the name inside
        assert embedding.name == loaded["name"]
        assert list(embedding.vectors.shape) == loaded["shape"]
    else:
        assert embedding.name == Path(case["file"]).stem
        assert embedding.vectors.shape == (loaded["vectors"], loaded["shape"])
        assert embedding.checkpoint == loaded["sd_checkpoint"]
    assert embedding.step == loaded["step"]
    if loaded.get("vec_is_dict"):  # SDXL's, whose two parts are another embedding
        parts = load_file(golden_dir / case["file"])
        expected = torch.cat([parts["clip_l"], parts["clip_g"]], dim=1)
    else:
        expected = tensors["vec"][: len(embedding.vectors)]
    assert torch.equal(embedding.vectors, expected)


def test_checksums_are_those_of_the_reference(
    recorded: dict[str, Any], tensors: dict[str, Tensor]
) -> None:
    wanted = {case["key"]: case["checksum"] for case in recorded["checksums"]}
    assert {key: Embedding("", tensors[key], "").checksum for key in wanted} == wanted
    assert Embedding("", tensors["vec"], "").checksum == recorded["checksum_of_vec"]


def test_the_mask_of_cards_is_that_of_the_reference(recorded: dict[str, Any]) -> None:
    wanted = recorded["lcg_first_64"]
    assert mask_bytes(len(wanted)).tolist() == wanted


def test_initial_vectors_are_taken_from_the_tokens_that_the_reference_takes(
    recorded: dict[str, Any],
) -> None:
    for case in recorded["init_vector_source_index"]:
        places = source_places(case["n_text_tokens"], case["vectors"])
        assert places == case["source_index"], case
