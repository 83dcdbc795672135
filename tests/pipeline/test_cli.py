"""The command line: the real line with a real worker, and a sentence for every mistake."""

from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.images.infotext import read_infotext
from tests.conftest import ROOT

CONFIG = ["--config", str(ROOT / "config.toml")]


def test_pictures_are_written_under_their_seeds(tmp_path: Path) -> None:
    options = ["--seed", "1", "--steps", "2", "--sampler", "Euler a", "--count", "2"]
    result = CliRunner().invoke(
        app, ["generate", "a red circle", *options, "--out", str(tmp_path), *CONFIG]
    )
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.png", "2.png"]
    assert "Seed: 2," in str(read_infotext((tmp_path / "2.png").read_bytes()))
    with Image.open(tmp_path / "1.png") as picture:
        assert picture.size == (128, 128)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["", *CONFIG], "The prompt is empty"),
        (["a", "--steps", "1000000", *CONFIG], "1,000,000 steps are not possible"),
        (["a", "--sampler", "eular", *CONFIG], "There is no sampler called `eular`. Try: Euler"),
        (["a", "--model", "nowhere", *CONFIG], "There is no model called `nowhere`. Try: demo."),
        (["a", "--guidance-scale", "nan", *CONFIG], "A guidance scale of nan is not possible"),
        (["a", "--seed", "4294967296", *CONFIG], "Seed 4294967296 is not possible"),
        (["a", "--config", "nowhere.toml"], "`nowhere.toml` cannot be read"),
        (["a", "--out", "/dev/null/pictures", *CONFIG], "`/dev/null/pictures`: Not a directory"),
    ],
)
def test_a_mistake_gets_a_sentence_and_no_traceback(arguments: list[str], sentence: str) -> None:
    result = CliRunner().invoke(app, ["generate", *arguments])
    assert result.exit_code == 1
    assert sentence in result.output
    assert isinstance(result.exception, SystemExit)
