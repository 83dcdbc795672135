"""How long one UNet call takes with so many pictures in flight, and pictures a second.

python -m pipeline bench random-weights sd15 --family sd1
python -m pipeline bench steps sd15
"""

import time
from itertools import count
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

from pipeline.bench.machine import describe_machine
from pipeline.config import PipelineConfig
from pipeline.engine.engine import Engine
from pipeline.engine.memory import open_gauge
from pipeline.model_config import ModelConfig
from pipeline.requests import GenerationRequest
from pipeline.results import Failed, GeneratedImage

IN_FLIGHT = (1, 2, 4, 8)
NUM_STEPS = 20  # of Euler, with guidance: two rows a picture
WARM_UP, MEASURED = 6, 8  # calls; a GPU's graphs are recorded before the first that is measured
STREAM = 2  # times as many pictures as are in flight, one after the other
GIGABYTE = 10**9


def measure(checkpoint: Path) -> None:
    """Print a table of what a checkpoint's calls take on this machine's first device."""
    device = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    config = PipelineConfig(
        models={"bench": ModelConfig(path=checkpoint)}, max_images_in_flight=max(IN_FLIGHT)
    )
    engine, gauge, numbers = Engine(config, str(device)), open_gauge(device), count()
    size = config.model().native_size
    console = Console()
    console.print(describe_machine(), soft_wrap=True)
    table = Table(title=f"{size} x {size}, Euler, {NUM_STEPS} steps, guidance")
    for heading in ("in flight", "ms a call", "evaluations/s", "images/s", "peak GB"):
        table.add_column(heading, justify="right")
    stream(engine, size, 1, numbers)  # loads the model, chooses kernels
    for in_flight in IN_FLIGHT:
        gauge.reset_peak()
        seconds = call_seconds(engine, size, in_flight, device, numbers)
        begun = time.perf_counter()
        made = stream(engine, size, STREAM * in_flight, numbers)
        images = made / (time.perf_counter() - begun)
        table.add_row(
            str(in_flight),
            f"{seconds * 1000:.1f}",
            f"{in_flight / seconds:.1f}",
            f"{images:.2f}",
            f"{gauge.peak() / GIGABYTE:.2f}",
        )
    console.print(table)


def submit(engine: Engine, size: int, num_pictures: int, numbers: "count[int]") -> None:
    """Ask for pictures, each with words of its own."""
    for number, _ in zip(numbers, range(num_pictures), strict=False):
        engine.submit(
            GenerationRequest(
                prompt=f"a large red circle, number {number}",
                seeds=(number,),
                sampler="Euler",
                num_steps=NUM_STEPS,
                width=size,
                height=size,
            )
        )


def call_seconds(
    engine: Engine, size: int, in_flight: int, device: torch.device, numbers: "count[int]"
) -> float:
    """What a call of all that are in flight takes, the sampling between two calls included."""
    submit(engine, size, in_flight, numbers)
    while engine.waiting:
        engine.step()
    for _ in range(WARM_UP):
        engine.step()
    synchronize(device)
    begun = time.perf_counter()
    for _ in range(MEASURED):
        engine.step()
    synchronize(device)
    seconds = (time.perf_counter() - begun) / MEASURED
    drain(engine)
    return seconds


def stream(engine: Engine, size: int, num_pictures: int, numbers: "count[int]") -> int:
    """Make pictures from their words to their files; returns how many were made."""
    submit(engine, size, num_pictures, numbers)
    return drain(engine)


def drain(engine: Engine) -> int:
    """Finish all that was asked for. Raises what a request fails with."""
    made = 0
    while not engine.idle:
        for event in engine.step():
            if isinstance(event, Failed):
                raise event.error
            made += isinstance(event, GeneratedImage)
    return made


def synchronize(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
