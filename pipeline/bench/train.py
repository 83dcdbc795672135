"""Steps a second and peak memory of each method, beside the loop of diffusers' example.

    python -m pipeline bench train

Both sides take the same steps with the same noise, in turns; the medians of the turns are printed,
and how far their losses ever were apart. Works on a GPU as on a CPU; weights may be random
(`python -m pipeline bench random-weights`).
"""

import gc
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any, TypeAlias

import torch
from rich.console import Console
from rich.table import Table

from pipeline.bench.lessons import ORANGE_CRESCENT, SEEN_BACKGROUNDS, as_png
from pipeline.bench.machine import describe_machine
from pipeline.bench.reference_training import REFERENCES
from pipeline.config import PipelineConfig
from pipeline.engine.memory import open_gauge
from pipeline.errors import PipelineError
from pipeline.model_config import ModelConfig
from pipeline.results import TrainingProgress
from pipeline.training.precision import computing_dtype
from pipeline.training.train import train
from pipeline.training_request import TrainingPicture, TrainingRequest

WARM_UP = 2  # steps, not measured
MEMORY_STEPS = 3
GIGABYTE = 2**30

# Each method; of the hypernetwork there is no example.
METHODS: dict[str, dict[str, Any]] = {
    "textual_inversion": {
        "method": {"kind": "textual_inversion", "initializer_text": "shape"},
        "learning_rate": "0.005",
    },
    "lora": {
        "method": {"kind": "lora", "rank": 8, "trains_text_encoder": False},
        "learning_rate": "1e-3",
    },
    "dreambooth": {"method": "dreambooth", "learning_rate": "5e-6"},
    "hypernetwork": {"method": "hypernetwork"},
}


@dataclass
class Side:
    """One way of training; `step` takes one step and returns its loss."""

    name: str
    step: Callable[[], float]
    losses: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)  # steps a second, of each turn
    shares: Callable[[], dict[str, float]] = dict

    def turn(self, num_steps: int, device: torch.device) -> None:
        begun = time.perf_counter()
        for _ in range(num_steps):
            self.losses.append(self.step())
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        self.rates.append(num_steps / (time.perf_counter() - begun))


def request_for(name: str, num_steps: int, size: int, batch_size: int) -> TrainingRequest:
    """A method's request for pictures of the demo model's kind, in any size."""
    pictures = tuple(
        TrainingPicture(
            content=as_png(ORANGE_CRESCENT.drawn(background)), caption=f"{background} background"
        )
        for background in SEEN_BACKGROUNDS
    )
    return TrainingRequest(
        name="zuk",
        pictures=pictures,
        width=size,
        height=size,
        num_steps=num_steps,
        batch_size=batch_size,
        template="a [name], [filewords]",
        latent_sampling="random",
        snapshot_every=0,
        log_every=0,
        **METHODS[name],
    )


def our_side(request: TrainingRequest, config: ModelConfig, device: torch.device) -> Side:
    """The loop that everybody's training runs on."""
    losses = our_losses(request, config, device)
    return Side("ours", lambda: next(losses))


def our_losses(
    request: TrainingRequest, config: ModelConfig, device: torch.device
) -> Iterator[float]:
    """The loss of every step, in a folder that nothing is left of."""
    folder = Path(tempfile.mkdtemp(prefix="athanor-bench-"))
    try:
        for event in train(request, "bench", config, device, folder):
            if isinstance(event, TrainingProgress):
                yield event.loss
    finally:
        shutil.rmtree(folder)


def reference_side(request: TrainingRequest, config: ModelConfig, device: torch.device) -> Side:
    """The example's loop."""
    computing = getattr(torch, computing_dtype(request, device))
    run = REFERENCES[request.method.kind](request, config.path, device, computing)
    return Side("diffusers' example", run.step, shares=lambda: dict(run.seconds))


def measure(
    config: PipelineConfig,
    model: str | None,
    methods: Sequence[str],
    num_steps: int,
    size: int | None,
    batch_size: int,
) -> None:
    """Measure each method and print a table."""
    device = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    if device.type == "cpu" and config.threads:
        torch.set_num_threads(config.threads)
    console = Console()
    console.print(describe_machine(), soft_wrap=True)
    chosen = config.model(model)
    side_length = size or chosen.native_size
    table = Table(title=f"{side_length} x {side_length}, batch {batch_size}, {num_steps} steps")
    for heading in ("", "side", "steps/s", "ratio", "peak GB", "losses apart"):
        table.add_column(heading, justify="left" if heading in ("", "side") else "right")
    notes = []
    for name in methods:
        request = request_for(name, num_steps + WARM_UP, side_length, batch_size)
        has_example = name in REFERENCES
        makers = [our_side, *([reference_side] if has_example else [])]
        try:
            peaks = [peak_alone(make, request, chosen, device) for make in makers]
            sides = [make(request, chosen, device) for make in makers]
            take_turns(sides, num_steps, device)
        except (PipelineError, torch.OutOfMemoryError) as error:
            table.add_row(name, "ours", f"does not fit: {error}"[:60], "", "", "")
            continue
        rates = [median(side.rates) for side in sides]
        for side, rate, peak in zip(sides, rates, peaks, strict=True):
            apart = max(
                abs(ours - theirs)
                for ours, theirs in zip(side.losses, sides[-1].losses, strict=True)
            )
            told = f"{apart:.1e}" if side is not sides[-1] else ""
            ratio = f"{rate / rates[-1]:.2f}" if has_example else ""
            table.add_row(name, side.name, f"{rate:.2f}", ratio, f"{peak / GIGABYTE:.2f}", told)
        notes += shares_note(name, sides)
    console.print(table)
    for note in notes:
        console.print(note, soft_wrap=True)


def take_turns(sides: Sequence[Side], num_steps: int, device: torch.device) -> None:
    """Let the sides take their steps, a tenth of them at a time."""
    for side in sides:
        side.turn(WARM_UP, device)
        side.rates.clear()
    each = max(num_steps // 10, 1)
    for done in range(0, num_steps, each):
        for side in sides:
            side.turn(min(each, num_steps - done), device)


Make: TypeAlias = Callable[[TrainingRequest, ModelConfig, torch.device], Side]


def peak_alone(
    make: Make, request: TrainingRequest, config: ModelConfig, device: torch.device
) -> int:
    """The most memory in bytes that a side takes, loading included.

    Of a CPU it is what a process of its own grows by: memory that was given back stays with it.
    """
    if device.type == "cuda":
        return peak_memory(make, request, config, device)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as own:
        return own.submit(peak_memory, make, request, config, device).result()


def peak_memory(
    make: Make, request: TrainingRequest, config: ModelConfig, device: torch.device
) -> int:
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
    gauge = open_gauge(device)
    before = gauge.used()
    gauge.reset_peak()
    side = make(request, config, device)
    for _ in range(MEMORY_STEPS):
        side.step()
    return gauge.peak() - before


def shares_note(name: str, sides: Sequence[Side]) -> list[str]:
    """What the parts of the example's steps take, and how much leaving out two of them allows."""
    seconds = sides[-1].shares()
    total = sum(seconds.values())
    if not total:
        return []
    shares = {part: taken / total for part, taken in seconds.items()}
    told = ", ".join(f"{part} {share:.0%}" for part, share in shares.items())
    allowed = 1 / (1 - shares["VAE encode"])
    ratio = median(sides[0].rates) / median(sides[-1].rates)
    return [
        f"{name}: of the example's steps {told}. Leaving out the VAE encode allows {allowed:.2f} "
        f"times as many; ours are {ratio:.2f} times as many."
    ]
