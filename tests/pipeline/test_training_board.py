"""What TensorBoard shows of a run, read back by TensorBoard's own reader."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.results import FurnaceReport, SamplePictures, TrainingProgress
from pipeline.training_board import Board
from tests.conftest import WEIGHTS
from tests.pipeline.training.conftest import drawn

pytestmark = pytest.mark.slow  # by what it needs: an extra that the first tests do without


def step(num_done: int, loss: float) -> TrainingProgress:
    return TrainingProgress("run", num_done, 10, loss, learning_rate=1e-3)


def shown_in(folder: Path) -> Any:
    reading = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    shown = reading.EventAccumulator(str(folder))
    shown.Reload()
    return shown


def losses(folder: Path) -> list[tuple[int, float]]:
    return [(it.step, round(it.value, 3)) for it in shown_in(folder).Scalars("loss")]


def test_losses_looks_and_samples_of_a_run_are_shown(tmp_path: Path) -> None:
    board = Board(tmp_path)
    board.show(SamplePictures("run", 0, (drawn("red"), drawn("green"))))
    for event in (step(1, 0.5), step(2, 0.25)):
        board.show(event)
    board.show(FurnaceReport("run", 2, "good", "So.", 0.125, None, 1.5, None, is_best=True))
    board.close()

    assert losses(tmp_path) == [(1, 0.5), (2, 0.25)]
    shown = shown_in(tmp_path)
    assert [it.value for it in shown.Scalars("watch/train_loss")] == [0.125]
    assert "watch/held_out_loss" not in shown.Tags()["scalars"]
    [picture] = shown.Images("samples/1")
    with Image.open(BytesIO(picture.encoded_image_string)) as seen:
        assert seen.convert("RGB").tobytes() == Image.open(BytesIO(drawn("green"))).tobytes()


def test_steps_that_a_resumed_run_takes_again_are_shown_once(tmp_path: Path) -> None:
    for steps in ((1, 2, 3), (2, 3)):
        board = Board(tmp_path)
        for number in steps:
            board.show(step(number, 0.5 / len(steps)))
        board.close()
    assert losses(tmp_path) == [(1, 0.167), (2, 0.25), (3, 0.25)]


def test_the_command_writes_it_into_the_runs_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "red.png").write_bytes(drawn("red"))
    config = f'[pipeline]\ndevices = ["cpu"]\n[pipeline.models.demo]\npath = "{WEIGHTS}"\n'
    (tmp_path / "config.toml").write_text(config, "utf-8")
    command = ["train", "ti", "pictures", "--name", "grau", "--size", "64", "--steps", "2"]
    result = CliRunner().invoke(app, [*command, "--tensorboard"])
    assert result.exit_code == 0, result.output
    assert [number for number, _ in losses(tmp_path / "training/grau/tensorboard")] == [1, 2]
