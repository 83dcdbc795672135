"""What pictures and training cost each other on one device, by the clock and by the bits.

    python -m pipeline bench share

A device that trains makes pictures in turns with one that does not, in one process; then the same
training is run again with nothing beside it.
"""

import time
from collections.abc import Sequence
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
NUM_CALLS = 20  # of a picture, with guidance
WARM_UP = 3  # pictures that are not measured


class Side:
    """One device of this process, and what its turns took while pictures were wanted."""

    def __init__(self, config: PipelineConfig) -> None:
        self.furnace = Furnace(config, device_of(config))
        self.seconds: list[float] = []  # of each picture, from its words to its file
        self.num_steps = 0  # of training, in that time
        self.step_seconds = 0.0
        self.learned: Path | None = None

    def make(self, request: GenerationRequest) -> None:
        """Make a picture, and note how long that took and what was trained meanwhile."""
        begun = time.perf_counter()
        self.furnace.submit(request)
        while not self.turn():
            pass
        self.seconds.append(time.perf_counter() - begun)

    def turn(self) -> bool:
        """Take a turn; whether something has ended."""
        trains, begun = self.furnace.next_turn == "train", time.perf_counter()
        events = self.furnace.step()
        if trains:
            self.num_steps += 1
            self.step_seconds += time.perf_counter() - begun
        for event in events:
            if isinstance(event, Failed):
                raise event.error
            if isinstance(event, Artifact) and event.is_final:
                self.learned = event.path
        return any(isinstance(event, Finished) for event in events)

    def forget(self) -> None:
        """What was until now is not measured."""
        self.seconds.clear()
        self.num_steps, self.step_seconds = 0, 0.0


def compare(config: PipelineConfig, share: float, repeats: int, folder: Path) -> None:
    """Print what pictures take alone and beside a training, and what training loses by them."""
    console = Console()
    console.print(describe_machine(), soft_wrap=True)
    config = config.model_copy(update={"training": str(folder), "training_share": share})
    request = LESSONS["ti"].request(id="beside", num_steps=repeats * 20, log_every=1)
    quiet, shared = Side(config), Side(config)
    shared.furnace.submit(request)
    for number in range(WARM_UP + repeats):
        if number == WARM_UP:
            quiet.forget()
            shared.forget()
        for side in (quiet, shared):
            side.make(picture(config, number))
    if shared.learned:
        raise InvalidRequest("The training was over before the last picture: ask for fewer.")
    beside = shared.num_steps / sum(shared.seconds)
    console.print(pictures_table(share, quiet.seconds, shared.seconds, shared.step_seconds))

    finish(shared)
    alone = Side(config)
    alone.furnace.submit(request.model_copy(update={"id": "alone"}))
    finish(alone)
    console.print(training_table(alone.num_steps / alone.step_seconds, beside))
    how = "the same" if bits_of(shared, request) == bits_of(alone, request) else "NOT the same"
    console.print(f"What was learned, and every loss on the way: {how} alone and beside pictures.")


def device_of(config: PipelineConfig) -> str:
    """The first device."""
    return "cpu" if config.devices == "auto" else config.devices[0]


def picture(config: PipelineConfig, number: int) -> GenerationRequest:
    """What one user asks for."""
    size = config.model().native_size
    return GenerationRequest(
        prompt="a large red circle",
        seeds=(number,),
        sampler="Euler",
        num_steps=NUM_CALLS,
        width=size,
        height=size,
    )


def finish(side: Side) -> None:
    """Train to the end, with nothing beside it."""
    while not side.turn():
        pass


def bits_of(side: Side, request: TrainingRequest) -> tuple[bytes, bytes]:
    """What a training came to, and its losses."""
    assert side.learned
    losses = side.learned.with_name(f"{request.method.kind}_loss.csv")
    return side.learned.read_bytes(), losses.read_bytes()


def pictures_table(
    share: float, alone: Sequence[float], beside: Sequence[float], step_seconds: float
) -> Table:
    """How long pictures take."""
    table = Table("", "median s", "longest s", title=f"A picture, training's share {share:.2f}")
    for name, seconds in (("alone", alone), ("beside training", beside)):
        table.add_row(name, f"{median(seconds):.3f}", f"{max(seconds):.3f}")
    times = [one / other for one, other in zip(beside, alone, strict=True)]
    table.add_row("times as long", f"{median(times):.2f}", f"{max(times):.2f}")
    table.add_row("training's share of that time", f"{step_seconds / sum(beside):.2f}", "")
    table.caption = f"promised at a share of one half: <= {PROMISED} times"
    return table


def training_table(alone: float, beside: float) -> Table:
    """How fast training is."""
    table = Table("", "steps/s", title="Training")
    table.add_row("alone", f"{alone:.2f}")
    table.add_row("while pictures are made", f"{beside:.2f}")
    return table
