"""The loss of every so many steps as webui writes it down (spec: webui §10; golden: `loss_csv`)."""

import csv
import os
from pathlib import Path

COLUMNS = ("step", "epoch", "epoch_step", "loss", "learn_rate")


class LossLog:
    """A CSV file that grows as a run goes on, and that a resumed run goes on with."""

    def __init__(self, path: Path, every: int, steps_per_epoch: int, resumed_at: int = 0) -> None:
        """`every` says which steps are written, 0 none; lines after `resumed_at` are taken back."""
        self.path = path
        self.every = every
        self.steps_per_epoch = steps_per_epoch
        if path.exists():
            self._take_back(resumed_at)

    def _take_back(self, last_step: int) -> None:
        whole, _, _ = self.path.read_bytes().rpartition(b"\n")  # the last may have been cut off
        rows = [*csv.reader(whole.decode("utf-8").splitlines())][1:]
        part = self.path.with_suffix(".part")
        with part.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(
                [COLUMNS, *(row for row in rows if int(row[0]) <= last_step)]
            )
        os.replace(part, self.path)

    def write(self, step: int, loss: float, learning_rate: float) -> None:
        """Note what a step, counted from 1, lost: its own loss, not an average."""
        if not self.every or step % self.every:
            return
        is_new = not self.path.exists()
        epoch, epoch_step = divmod(step - 1, self.steps_per_epoch)
        with self.path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            if is_new:
                writer.writerow(COLUMNS)
            writer.writerow([step, epoch, epoch_step, f"{loss:.7f}", learning_rate])
