"""Whether some hypernetwork learns a shape that the model never saw: structures by learning rates.

    python -m pipeline bench learn hypernetwork-sweep

A hypernetwork bends only what attention reads, so it is in doubt whether it can reach what the
model has never drawn. Nets of different depth, width and activation are taught at every rate.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from pipeline.bench.learn import pictures, teach
from pipeline.bench.lessons import LESSONS, NETS, PROMPT
from pipeline.bench.machine import describe_machine
from pipeline.config import PipelineConfig

LESSON = LESSONS["hypernetwork-unseen-shape"]
STRUCTURES: dict[str, dict[str, Any]] = {
    "1, 2, 1 linear": {"activation": "linear"},
    "1, 2, 1 relu": {},
    "1, 4, 1 relu": {"layers": (1, 4, 1)},
    "1, 2, 2, 1 swish, layer norm": {
        "layers": (1, 2, 2, 1),
        "activation": "swish",
        "layer_norm": True,
    },
}
RATES = ("1e-3:180, 2e-4", "5e-3:180, 1e-3", "1e-2:180, 2e-3")


@dataclass(frozen=True, slots=True)
class Cell:
    """What one structure came to at one rate, of the pictures that were made."""

    structure: str
    rate: str
    right: int
    coloured: int  # in the subject's colour on blue, whatever the shape
    processor_seconds: float


def sweep(
    config: PipelineConfig,
    num_seeds: int,
    folder: Path,
    rates: Sequence[str] = RATES,
    **changed: object,
) -> Iterator[Cell]:
    """Teach the unseen shape to every structure at every rate."""
    subject = LESSON.subject
    for number, (structure, own) in enumerate(STRUCTURES.items()):
        lesson = replace(LESSON, method=NETS | own)
        for rate in rates:
            request = lesson.request(**{"learning_rate": rate} | changed)
            taught = teach(config, request, folder / f"{number} {rate}")
            made = [*pictures(taught.config, PROMPT + lesson.tag, num_seeds)]
            yield Cell(
                structure,
                rate,
                sum(map(subject.is_on_blue, made)),
                sum(map(subject.is_coloured_on_blue, made)),
                taught.processor_seconds,
            )


def compare(config: PipelineConfig, num_seeds: int, folder: Path) -> None:
    """Print what each structure came to at each rate."""
    console = Console()
    console.print(describe_machine(), soft_wrap=True)
    title = f"a shape that the model never saw: of {num_seeds} pictures"
    table = Table("layers", "learning rate", "right", "its colour on blue", "seconds", title=title)
    for cell in sweep(config, num_seeds, folder):
        counts = str(cell.right), str(cell.coloured), f"{cell.processor_seconds:.0f}"
        table.add_row(cell.structure, cell.rate, *counts)
    console.print(table)
