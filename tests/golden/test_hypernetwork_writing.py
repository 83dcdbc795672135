"""Hypernetworks written as webui writes them."""

from pathlib import Path

import pytest
import torch

from pipeline.adapters.hypernetwork import read_hypernetwork
from pipeline.adapters.hypernetwork_writing import write_hypernetwork

FILES = ("hn_121_linear", "hn_121_tanh_actout", "hn_1221_relu_ln", "hn_131_mish")


@pytest.mark.parametrize("stem", FILES)
def test_webuis_own_file_is_written_again_with_the_same_contents(
    golden_dir: Path, tmp_path: Path, stem: str
) -> None:
    original = torch.load(golden_dir / f"{stem}.pt", weights_only=True)
    path = tmp_path / f"{stem}.pt"
    write_hypernetwork(
        path,
        read_hypernetwork(golden_dir / f"{stem}.pt"),
        original["sd_checkpoint_name"],
        original["weight_initialization"],
    )
    written = torch.load(path, weights_only=True)
    assert written.keys() == original.keys()
    for key, value in original.items():
        if not isinstance(key, int):
            assert written[key] == value
            continue
        for ours, theirs in zip(written[key], value, strict=True):
            assert list(ours) == list(theirs)
            assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
