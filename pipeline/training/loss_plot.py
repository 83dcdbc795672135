"""A picture of how the loss went, from the log."""

import csv
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

SHARE_OF_MEAN = 0.1  # of all points, that the smooth line averages over


def plot_loss(log: Path, picture: Path) -> bool:
    """Draw a loss log as a PNG or SVG; False where there is nothing to draw yet."""
    if not log.exists():
        return False
    with log.open(newline="", encoding="utf-8") as file:
        rows = [*csv.DictReader(file)]
    if len(rows) < 2:
        return False
    steps, losses, rates = (
        np.array([float(row[name]) for row in rows]) for name in ("step", "loss", "learn_rate")
    )
    figure = Figure(figsize=(7, 3.5), layout="constrained")
    axes = figure.add_subplot(xlabel="step", ylabel="loss", yscale="log")
    axes.plot(steps, losses, ".", color="0.75", markersize=3, label="each step's own")
    axes.plot(steps, running_mean(losses), color="C0", label="running mean")
    beside = axes.twinx()
    beside.plot(steps, rates, color="C1", linewidth=0.8, drawstyle="steps-post")
    beside.set(ylabel="learning rate", ylim=(0, max(rates.max() * 1.1, 1e-12)))
    axes.legend(loc="upper right")
    figure.savefig(picture, dpi=100)
    return True


def running_mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean of each value and those before it, not too many."""
    width = max(int(len(values) * SHARE_OF_MEAN), 1)
    sums = np.cumsum(np.concatenate([[0.0], values]))
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(ends - width, 0)
    return np.asarray((sums[ends] - sums[starts]) / (ends - starts))
