"""What pictures and training cost each other on one device, by the clock and by the bits.

    python -m pipeline bench share

A device that trains makes pictures in turns with one that does not, in one process; then the same
training is run again with nothing beside it. Each is measured by the clock, and by what the
processor worked: in that, what else runs on the machine has no part.
"""

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from pipeline.bench.lessons import LESSONS
from pipeline.bench.machine import describe_machine
from pipeline.config import PipelineConfig
from pipeline.errors import InvalidRequest
from pipeline.requests import GenerationRequest
from pipeline.results import Artifact, Failed, Finished
from pipeline.training_request import TrainingRequest
from pipeline.workers.furnace import Furnace

PROMISED = 2.2  # times as long as alone that a picture may take while training has one half
CROWDS = (1, 8)  # pictures at once
NUM_CALLS = 20  # of a picture, with guidance
WARM_UP = 2  # rounds that are not measured
STEPS_A_ROUND = 25  # that the training is long


@dataclass(frozen=True, slots=True)
class Took:
    """From words to files."""

    seconds: float
    processor_seconds: float
    step_seconds: float  # of these, training's
    num_steps: int


class Side:
    """One device of this process, and what pictures took there."""

    def __init__(self, config: PipelineConfig) -> None:
        self.furnace = Furnace(config, device_of(config))
        self.took: dict[int, list[Took]] = defaultdict(list)  # by the number of pictures
        self.num_steps = 0
        self.step_seconds = 0.0
        self.learned: Path | None = None

    def make(self, requests: Sequence[GenerationRequest]) -> None:
        """Make pictures, and note how long that took and what was trained meanwhile."""
        begun, processor_begun = time.perf_counter(), time.process_time()
        steps_begun, num_steps = self.step_seconds, self.num_steps
        for request in requests:
            self.furnace.submit(request)
        self.run(len(requests))
        self.took[len(requests)].append(
            Took(
                time.perf_counter() - begun,
                time.process_time() - processor_begun,
                self.step_seconds - steps_begun,
                self.num_steps - num_steps,
            )
        )

    def run(self, num_ends: int) -> None:
        """Take turns until so many things have ended."""
        while num_ends > 0:
            trains, begun = self.furnace.next_turn == "train", time.perf_counter()
            events = self.furnace.step()
            if trains:
                self.num_steps += 1
                self.step_seconds += time.perf_counter() - begun
            for event in events:
                num_ends -= isinstance(event, Finished)
                if isinstance(event, Failed):
                    raise event.error
                if isinstance(event, Artifact) and event.is_final:
                    self.learned = event.path


def compare(config: PipelineConfig, share: float, repeats: int, folder: Path) -> None:
    """Print what pictures take alone and beside a training, and what training loses by them."""
    console = Console()
    console.print(describe_machine(), soft_wrap=True)
    config = config.model_copy(update={"training": str(folder), "training_share": share})
    num_steps = (WARM_UP + repeats) * STEPS_A_ROUND
    request = LESSONS["ti"].request(id="beside", num_steps=num_steps, log_every=1)
    quiet, shared = Side(config), Side(config)
    shared.furnace.submit(request)
    for number in range(WARM_UP + repeats):
        for side in (quiet, shared):
            for size in CROWDS:
                side.make([picture(config, number * 100 + each) for each in range(size)])
    if shared.learned:
        raise InvalidRequest("The training was over before the last picture.")
    for size in CROWDS:
        alone, beside = (side.took[size][WARM_UP:] for side in (quiet, shared))
        console.print(pictures_table(size, share, alone, beside))

    shared.run(1)
    by_itself = Side(config)
    by_itself.furnace.submit(request.model_copy(update={"id": "alone"}))
    by_itself.run(1)
    crowded = shared.took[CROWDS[-1]][WARM_UP:]
    speed = sum(each.num_steps for each in crowded) / sum(each.seconds for each in crowded)
    console.print(
        f"Training: {by_itself.num_steps / by_itself.step_seconds:.2f} steps/s alone, "
        f"{speed:.2f} beside {CROWDS[-1]} pictures."
    )
    how = "the same" if bits_of(shared, request) == bits_of(by_itself, request) else "NOT the same"
    console.print(f"What was learned, and every loss on the way: {how} alone and beside pictures.")


def device_of(config: PipelineConfig) -> str:
    """The first device."""
    return "cpu" if config.devices == "auto" else config.devices[0]


def picture(config: PipelineConfig, seed: int) -> GenerationRequest:
    """What one user asks for."""
    size = config.model().native_size
    return GenerationRequest(
        prompt="a large red circle",
        seeds=(seed,),
        sampler="Euler",
        num_steps=NUM_CALLS,
        width=size,
        height=size,
    )


def bits_of(side: Side, request: TrainingRequest) -> tuple[bytes, bytes]:
    """What a training came to, and its losses."""
    assert side.learned
    losses = side.learned.with_name(f"{request.method.kind}_loss.csv")
    return side.learned.read_bytes(), losses.read_bytes()


def pictures_table(size: int, share: float, alone: Sequence[Took], beside: Sequence[Took]) -> Table:
    """How long pictures take."""
    what = "One picture" if size == 1 else f"{size} pictures at once"
    table = Table("", "median s", "longest s", "processor s", title=f"{what}, share {share:.2f}")
    for name, side in (("alone", alone), ("beside training", beside)):
        seconds = [each.seconds for each in side]
        worked = median(each.processor_seconds for each in side)
        table.add_row(name, f"{median(seconds):.3f}", f"{max(seconds):.3f}", f"{worked:.3f}")
    pairs = list(zip(beside, alone, strict=True))
    times = [one.seconds / other.seconds for one, other in pairs]
    worked = median(one.processor_seconds / other.processor_seconds for one, other in pairs)
    table.add_row("times as long", f"{median(times):.2f}", f"{max(times):.2f}", f"{worked:.2f}")
    part = sum(each.step_seconds for each in beside) / sum(each.seconds for each in beside)
    table.add_row("training's part of it", f"{part:.2f}")
    table.caption = f"promised at a share of one half: at most {PROMISED} times"
    return table
