"""Reading aesthetic embeddings: webui's bare tensor, ours, and what nobody should have made."""

from pathlib import Path
from typing import Any

import pytest
import torch

from pipeline.adapters.aesthetic import aesthetic_bytes, read_aesthetic
from pipeline.errors import AdapterUnreadable
from tests.pipeline.adapters.conftest import WriteFile, run_as_its_writer_wishes

VECTOR = torch.randn(1, 768, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_what_is_written_is_read_as_the_same_bits(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"dark{suffix}"
    path.write_bytes(aesthetic_bytes(VECTOR, suffix))
    found = read_aesthetic(path)
    assert (found.name, found.width) == ("dark", 768)
    assert torch.equal(found.vector, VECTOR)


def test_a_pt_is_a_bare_tensor_as_webui_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "dark.pt"
    path.write_bytes(aesthetic_bytes(VECTOR, ".pt"))
    loaded = torch.load(path, weights_only=True)
    assert (loaded.shape, loaded.dtype) == ((1, 768), torch.float32)


def test_a_pickle_that_runs_code_is_refused_and_does_not_run(hostile: tuple[Path, Path]) -> None:
    path, trace = hostile
    with pytest.raises(AdapterUnreadable, match="aesthetic embedding `hostile` cannot be used"):
        read_aesthetic(path)
    assert not trace.exists()
    run_as_its_writer_wishes(path)
    assert trace.exists()


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (torch.full((1, 768), torch.nan), "NaN"),
        (torch.zeros(1, 768), "zeros"),
        (torch.ones(2, 768), "no single vector"),
        (torch.ones(1, 9000), "no single vector"),
        (torch.ones(1, 1).expand(1, 768), "claims to be larger"),
        (torch.ones(1, 768, dtype=torch.long), "no tensor of plain numbers"),
        ("text", "no tensor of plain numbers"),
        ({"a": torch.ones(1, 4), "b": torch.ones(1, 4)}, "one vector, and one only"),
        ({}, "one vector, and one only"),
    ],
)
def test_what_is_no_vector_is_refused_in_a_sentence(
    write: WriteFile, value: Any, reason: str
) -> None:
    with pytest.raises(AdapterUnreadable, match=rf"`bad` cannot be used: .*{reason}"):
        read_aesthetic(write("bad.pt", value))


def test_a_header_that_claims_gigabytes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.safetensors"
    header = b'{"a":{"dtype":"F32","shape":[1073741824],"data_offsets":[0,4294967296]}}'
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(AdapterUnreadable, match="truncated, damaged or no file of tensors"):
        read_aesthetic(path)
