"""The loss log against webui's, to the byte."""

import json
from pathlib import Path

from pipeline.training.loss_log import LossLog


def test_the_loss_log_has_the_bytes_of_the_reference(golden_dir: Path, tmp_path: Path) -> None:
    recorded = json.loads((golden_dir / "loss_csv.json").read_text())
    log = LossLog(tmp_path / "loss.csv", recorded["every"], recorded["epoch_len"])
    for step in range(1, 23):
        log.write(step, loss=1 / step, learning_rate=0.005)
    assert log.path.read_bytes().decode() == recorded["csv"]
