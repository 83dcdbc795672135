"""The command line: the real line with a real worker, and a sentence for every mistake."""

import errno
from pathlib import Path

import pytest
import typer
from PIL import Image
from typer.main import get_command
from typer.testing import CliRunner, Result

from pipeline.cli import app
from pipeline.console import sentences_for_errors
from pipeline.controls import CONTROLS
from pipeline.images.files import read_settings, write_webp
from tests.conftest import ROOT
from tests.pipeline.pictures import RED, encoded

CONFIG = ["--config", str(ROOT / "config.toml")]


def test_pictures_are_written_under_their_seeds(tmp_path: Path) -> None:
    options = ["--seed", "1", "--steps", "2", "--sampler", "Euler a", "--count", "2"]
    result = CliRunner().invoke(
        app, ["generate", "a red circle", *options, "--out", str(tmp_path), *CONFIG]
    )
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.png", "2.png"]
    assert "Seed: 2," in str(read_settings((tmp_path / "2.png").read_bytes()))
    with Image.open(tmp_path / "1.png") as picture:
        assert picture.size == (128, 128)


def test_brackets_in_a_prompt_are_shown_as_they_are(tmp_path: Path) -> None:
    prompt = "a [red] circle [/x]"
    options = ["--seed", "1", "--steps", "1", "--out", str(tmp_path / "[a]"), *CONFIG]
    result = CliRunner().invoke(app, ["generate", prompt, *options])
    assert result.exit_code == 0, result.output
    assert prompt in result.output
    assert "[a]/1.png" in result.output


def test_every_control_is_an_option_or_in_advanced() -> None:
    command = get_command(app).get_command(None, "generate")  # type: ignore[attr-defined]
    options = {parameter.name for parameter in command.params}
    assert {"preset", "count", "advanced", "prompt"} <= options
    # A size is two options here, since nobody types 512x512 twice.
    there = {control.option for control in CONTROLS} - {"size"} | {"width", "height"}
    assert there <= options


def test_a_preset_and_advanced_settings_are_in_the_picture(tmp_path: Path) -> None:
    options = ["--preset", "NAI", "--steps", "2", "--advanced", "Seed: 3, Eta: 0.5, Sigma churn: 1"]
    result = CliRunner().invoke(
        app, ["generate", "a red circle", *options, "--out", str(tmp_path), *CONFIG]
    )
    assert result.exit_code == 0, result.output
    settings = str(read_settings((tmp_path / "3.png").read_bytes()))
    assert settings.startswith("masterpiece, best quality, a red circle\nNegative prompt: lowres")
    assert "Steps: 2, Sampler: Euler, " in settings
    assert "Clip skip: 2, ENSD: 31337, RNG: NV, Sigma churn: 1.0, Eta: 0.5" in settings


def test_a_picture_begins_from_another_with_init_image(tmp_path: Path) -> None:
    (tmp_path / "red.png").write_bytes(encoded(RED))
    options = ["--init-image", str(tmp_path / "red.png"), "--strength", "0.6", "--seed", "1"]
    result = CliRunner().invoke(
        app, ["generate", "a red circle", "--steps", "5", *options, "--out", str(tmp_path), *CONFIG]
    )
    assert result.exit_code == 0, result.output
    assert "Denoising strength: 0.6" in str(read_settings((tmp_path / "1.png").read_bytes()))


def test_a_picture_tells_its_settings_and_is_made_again(tmp_path: Path) -> None:
    settings = "a red circle\nSteps: 2, Sampler: Euler, CFG scale: 3, Seed: 5, Size: 64x64, Pet: 1"
    (tmp_path / "theirs.webp").write_bytes(write_webp(Image.new("RGB", (8, 8)), settings))
    told = CliRunner().invoke(app, ["info", str(tmp_path / "theirs.webp")])
    assert told.output == f"{settings}\n"
    arguments = ["again", str(tmp_path / "theirs.webp"), "--out", str(tmp_path), *CONFIG]
    made = CliRunner().invoke(app, arguments)
    assert made.exit_code == 0, made.output
    assert "Not followed here: `Pet: 1`." in made.output
    remade = str(read_settings((tmp_path / "5.png").read_bytes()))
    assert "Seed: 5, Size: 64x64" in remade
    assert remade.endswith("RNG: NV")


def test_a_picture_without_settings_is_said_to_have_none(tmp_path: Path) -> None:
    (tmp_path / "plain.png").write_bytes(b"no picture")
    for command in ("info", "again"):
        told = CliRunner().invoke(app, [command, str(tmp_path / "plain.png")])
        assert told.exit_code == 1
        assert "No settings are in" in told.output


def test_varied_pictures_share_their_seed_and_are_numbered(tmp_path: Path) -> None:
    varied = "Variation seed: 3, Variation seed strength: 0.5"
    options = ["--seed", "1", "--steps", "1", "--count", "2", "--advanced", varied]
    result = CliRunner().invoke(
        app, ["generate", "a red circle", *options, "--out", str(tmp_path), *CONFIG]
    )
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1-1.png", "1-2.png"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["", *CONFIG], "The prompt is empty"),
        (["a", "--steps", "1000000", *CONFIG], "1,000,000 steps are not possible"),
        (["a", "--sampler", "eular", *CONFIG], "There is no sampler called `eular`. Try: Euler"),
        (["a", "--model", "nowhere", *CONFIG], "There is no model called `nowhere`. Try: demo."),
        (["a", "--guidance-scale", "nan", *CONFIG], "A guidance scale of nan is not possible"),
        (["a", "--seed", "4294967296", *CONFIG], "Seed 4294967296 is not possible"),
        (["a", "--advanced", "Eta: -1", *CONFIG], "eta -1.0 is not possible: take 0 to 100."),
        (["a", "--advanced", "Etta: 1", *CONFIG], "There is no setting called `Etta`. Try: Eta"),
        (["a", "--steps", "2", "--advanced", "Steps: 3", *CONFIG], "`Steps` is set twice"),
        (["a", "--preset", "NIA", *CONFIG], "There is no preset called `NIA`. Try: NAI."),
        (["a", "--init-image", "nowhere.png", *CONFIG], "`nowhere.png`: No such file"),
        (["a", "--init-image", str(ROOT / "README.md"), *CONFIG], "The picture cannot be read"),
        (["a", "--config", "nowhere.toml"], "`nowhere.toml` cannot be read"),
        (["a", "--out", "/dev/null/pictures", *CONFIG], "`/dev/null/pictures`: Not a directory"),
    ],
)
def test_a_mistake_gets_a_sentence_and_no_traceback(arguments: list[str], sentence: str) -> None:
    result = CliRunner().invoke(app, ["generate", *arguments])
    assert result.exit_code == 1
    assert sentence in result.output
    assert isinstance(result.exception, SystemExit)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [*map(str, arguments), *CONFIG])


def scene(tmp_path: Path) -> Path:
    path = tmp_path / "scene.png"
    path.write_bytes(encoded(Image.effect_noise((128, 128), 60).convert("RGB")))
    return path


def test_a_part_of_a_picture_is_painted_anew(tmp_path: Path) -> None:
    path = scene(tmp_path)
    options = ("--seed", 1, "--steps", 3, "--out", tmp_path)
    result = run("generate", "a star", "--init-image", path, "--region", "left third", *options)
    assert result.exit_code == 0, result.output
    with Image.open(path) as old, Image.open(tmp_path / "1.png") as new:
        box = (60, 0, 128, 128)
        assert old.crop(box).tobytes() == new.crop(box).tobytes()
        assert old.tobytes() != new.tobytes()


def test_a_picture_grows_to_its_sides(tmp_path: Path) -> None:
    options = ("--seed", 1, "--steps", 2, "--out", tmp_path)
    sides = ("--outpaint", "left, up", "--outpaint-pixels", 32)
    result = run("generate", "a star", "--init-image", scene(tmp_path), *sides, *options)
    assert result.exit_code == 0, result.output
    with Image.open(tmp_path / "1.png") as new:
        assert new.size == (160, 160)


def test_a_picture_is_made_larger(tmp_path: Path) -> None:
    result = run("upscale", scene(tmp_path), "--factor", 3)
    assert result.exit_code == 0, result.output
    with Image.open(tmp_path / "scene-x3.png") as large:
        assert large.size == (384, 384)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--region", "left"), "Name the picture of which a part is repainted"),
        (("--init-image", "S", "--region", "hat"), "`hat` is no region"),
        (("--init-image", "S", "--region", "left", "--mask", "S"), "Say once what is repainted"),
        (("--init-image", "S", "--outpaint", "north"), "`north` is no side to grow to"),
        (("--init-image", "S", "--region", "transparent"), "Nothing of this picture is"),
    ],
)
def test_what_cannot_be_repainted_is_refused_in_a_sentence(
    arguments: tuple[str, ...], sentence: str, tmp_path: Path
) -> None:
    path = str(scene(tmp_path))
    result = run("generate", "a star", *(path if each == "S" else each for each in arguments))
    assert result.exit_code == 1
    assert sentence in result.output


def test_an_upscaler_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    result = run("upscale", scene(tmp_path), "--upscaler", "4x_nobody")
    assert result.exit_code == 1
    assert "There is no upscaler called `4x_nobody`" in result.output


def test_an_error_of_the_disk_names_the_file_where_it_is_of_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for error, sentence in (
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device.\n"),
        (OSError(errno.EACCES, "Permission denied", "a.png"), "`a.png`: Permission denied.\n"),
    ):
        with pytest.raises(typer.Exit), sentences_for_errors():
            raise error
        assert capsys.readouterr().err == sentence
