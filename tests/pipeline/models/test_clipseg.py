"""Masks of what a text names."""

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from pipeline.config import read_pipeline_config
from pipeline.errors import ConfigError, InvalidRequest, PipelineError
from pipeline.models.clipseg import find
from pipeline.text_masks import mask_of_text
from tests.conftest import WEIGHTS
from tests.pipeline.clipseg import write_clipseg
from tests.pipeline.pictures import RED, encoded


@pytest.mark.parametrize(("bias", "level"), [(9.0, 255), (-9.0, 0)])
def test_a_mask_has_its_pictures_size_and_is_white_where_the_model_is_sure(
    tmp_path: Path, bias: float, level: int
) -> None:
    write_clipseg(tmp_path, bias)
    mask = find(tmp_path, RED, "the hat")
    assert (mask.mode, mask.size) == ("L", RED.size)
    assert mask.getextrema() == (level, level)


@pytest.mark.slow
async def test_the_model_runs_in_a_process_of_its_own(tmp_path: Path) -> None:
    write_clipseg(tmp_path, 9.0)
    mask = await mask_of_text(tmp_path, encoded(RED), "--help\0")
    assert Image.open(BytesIO(mask)).getextrema() == (255, 255)
    (tmp_path / "model.safetensors").write_bytes(b"damaged")
    with pytest.raises(PipelineError, match="cannot be used"):
        await mask_of_text(tmp_path, encoded(RED), "the hat")


@pytest.mark.parametrize("text", ["", " ", "a" * 101, "\0"])
async def test_a_text_that_names_nothing_is_refused_before_anything_starts(
    tmp_path: Path, text: str
) -> None:
    with pytest.raises(InvalidRequest, match="1 to 100 characters"):
        await mask_of_text(tmp_path, b"", text)


def test_a_folder_without_the_model_is_refused_at_the_start(tmp_path: Path) -> None:
    table = {"models": {"demo": {"path": str(WEIGHTS)}}, "clipseg": "nowhere"}
    with pytest.raises(ConfigError, match="clipseg: there is no model"):
        read_pipeline_config(table, tmp_path)
