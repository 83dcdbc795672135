"""Files that people send, read in a process of its own, which is all that they can bring down."""

import os
import shutil
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import torch

from pipeline import (
    AdapterUnreadable,
    InvalidRequest,
    ModelConfig,
    PipelineError,
    checkpoint_files,
    export_artifact,
    export_layouts,
    model_fit,
    read_artifact,
    read_artifact_file,
)
from pipeline.adapters.embedding import read_embedding
from pipeline.adapters.limits import MAX_FILE_BYTES
from pipeline.artifact_files import card_of, safe_name
from pipeline.model_fit import ModelFit
from tests.conftest import ROOT, WEIGHTS
from tests.pipeline.adapters.conftest import RunsCode

GOLDEN = Path(__file__).parents[1] / "golden" / "data"
DEMO = {"demo": ModelConfig(path=WEIGHTS)}
FITS = {"demo": ModelFit("sd1", 96, 64)}


def saved(values: Any) -> bytes:
    file = BytesIO()
    torch.save(values, file)
    return file.getvalue()


async def test_a_file_out_of_chat_is_known_with_the_models_that_it_fits() -> None:
    vectors = torch.ones(3, 96)
    card = await read_artifact(
        saved({"string_to_param": {"*": vectors}, "step": 9}), "../My `cat`.PT", DEMO
    )
    assert (card.kind, card.name, card.family, card.width) == ("embedding", "My cat", "sd1", 96)
    assert (card.suffix, card.facts) == (".pt", {"vectors": 3, "steps": 9})
    assert card.fits(model_fit("demo", DEMO["demo"]))


async def test_a_file_that_runs_code_runs_nothing(tmp_path: Path) -> None:
    content = saved({"string_to_param": {"*": RunsCode(tmp_path / "it-ran")}})
    with pytest.raises(AdapterUnreadable, match="could be a program; none of it was run"):
        await read_artifact(content, "bad.pt")
    assert not (tmp_path / "it-ran").exists()


async def test_a_pickle_that_claims_64_gigabytes_is_refused_and_takes_none() -> None:
    file = BytesIO()
    torch.save({"*": torch.ones(1, 77)}, file, _use_new_zipfile_serialization=False)
    small, large = b"K\x4dN", b"\x8a\x05" + (2**34).to_bytes(5, "little") + b"N"
    content = file.getvalue()
    assert small in content  # where it says how many numbers follow
    with pytest.raises(AdapterUnreadable, match="`bad` cannot be used: it is truncated or damaged"):
        await read_artifact(content.replace(small, large), "bad.pt")


def test_whatever_reads_a_file_has_little_memory_and_writes_nowhere(tmp_path: Path) -> None:
    question = f"""
from pathlib import Path
from pipeline.adapters.__main__ import confine
confine(Path({str(GOLDEN / "ti_webui.pt")!r}))
for attempt in (lambda: bytearray(2**30), lambda: Path({str(tmp_path / "a")!r}).write_text("a")):
    try:
        attempt()
    except (MemoryError, OSError) as error:
        print(type(error).__name__)
"""
    answer = subprocess.run(
        [sys.executable, "-c", question], cwd=ROOT, capture_output=True, text=True
    )
    assert answer.stdout.split() == ["MemoryError", "OSError"]


async def test_a_file_larger_than_any_is_not_even_written_down() -> None:
    with pytest.raises(AdapterUnreadable, match="has 201 MB, and at most 200 are taken"):
        await read_artifact(bytes(MAX_FILE_BYTES + 2**20), "big.pt")


async def test_an_export_is_what_anybody_can_read_again(tmp_path: Path) -> None:
    given = GOLDEN / "ti_webui.pt"
    name, content = await export_artifact(given, "embedding", "a/my: 猫", "card")
    assert name == "a_my_ 猫.png"
    (tmp_path / name).write_bytes(content)
    found = read_embedding(tmp_path / name)
    assert found.name == "a/my: 猫"
    assert torch.equal(found.vectors, read_embedding(given).vectors)
    with pytest.raises(InvalidRequest, match="There is no layout called `gif`"):
        await export_artifact(given, "embedding", "a", "gif")


async def test_a_file_that_is_gone_is_said_to_be_gone(tmp_path: Path) -> None:
    with pytest.raises(AdapterUnreadable, match=r"`gone` cannot be used: its file cannot be"):
        await read_artifact_file(tmp_path / "gone.pt")


async def test_the_folder_of_a_checkpoint_is_a_checkpoint(tmp_path: Path) -> None:
    card = await read_artifact_file(WEIGHTS)
    assert (card.kind, card.family, card.width, card.suffix) == ("checkpoint", "sd1", 96, "")
    with pytest.raises(PipelineError, match="cannot be read"):
        await read_artifact_file(tmp_path)


def test_what_training_leaves_beside_a_checkpoint_can_be_given_away(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(WEIGHTS / "unet", folder)
    assert not checkpoint_files(folder)
    for name in ("mine.safetensors", "mine-lora.safetensors"):
        (tmp_path / name).touch()
    files = checkpoint_files(folder)
    assert files["lora"] == tmp_path / "mine-lora.safetensors"
    assert files.keys() == {layout.id for layout in export_layouts("checkpoint")}


def found(kind: str, *widths: int, family: str | None = None) -> dict[str, Any]:
    return {"kind": kind, "name": "mine", "suffix": ".pt", "facts": {}} | {
        "widths": widths,
        "family": family,
    }


@pytest.mark.parametrize(
    ("given", "family", "width"),
    [
        (found("embedding", 768), "sd1", 768),
        (found("embedding", 1024), "sd2", 1024),
        (found("embedding", 2048, family="sdxl"), "sdxl", 2048),
        (found("hypernetwork", 80, 96), "sd1", 96),
        (found("aesthetic", 64), "sd1", 64),
        (found("lora"), None, None),
        (found("lora", family="sdxl"), "sdxl", None),
    ],
)
def test_a_width_tells_the_family(
    given: dict[str, Any], family: str | None, width: int | None
) -> None:
    card = card_of(given, FITS)
    assert (card.family, card.width) == (family, width)


@pytest.mark.parametrize("given", [found("embedding", 5), found("aesthetic", 96)])
def test_a_width_that_no_model_has_is_refused_with_those_there_are(given: dict[str, Any]) -> None:
    width = given["widths"][0]
    with pytest.raises(AdapterUnreadable, match=f"`mine` fits no model: .* for {width} numbers"):
        card_of(given, FITS)


@pytest.mark.parametrize(
    ("given", "fitting"),
    [
        (found("embedding", 96), {"demo"}),
        (found("embedding", 768), {"real"}),
        (found("aesthetic", 64), {"demo"}),
        (found("lora"), {"demo", "real", "xl"}),
        (found("lora", family="sdxl"), {"xl"}),
        (found("hypernetwork", 2048), {"xl"}),
    ],
)
def test_what_is_known_of_a_thing_tells_which_models_it_fits(
    given: dict[str, Any], fitting: set[str]
) -> None:
    models = FITS | {"real": ModelFit("sd1", 768, 768), "xl": ModelFit("sdxl", 2048, None)}
    card = card_of(given, models)
    assert {name for name, model in models.items() if card.fits(model)} == fitting


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("../../etc/passwd", "etc_passwd"),
        ("C:\\x\0.PT", "C__x.pt"),
        ("😀" * 300 + ".png", "😀" * 48 + ".png"),
        (".pt", "file.pt"),
        ("", "file"),
    ],
)
def test_a_files_name_is_one_on_every_disk(given: str, safe: str, tmp_path: Path) -> None:
    assert safe_name(given) == safe
    (tmp_path / safe_name(given)).touch()
    assert os.listdir(tmp_path) == [safe]
