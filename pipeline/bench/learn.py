"""Does a method learn what it should: taught from six pictures, then judged by its pixels.

    python -m pipeline bench learn lora

The prompt asks for the subject on a background that no picture of it had. The same prompt without
what was learned is judged beside it.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from rich.console import Console
from rich.table import Table

from pipeline.bench.lessons import LESSONS, PROMPT, SEEN_BACKGROUNDS, Lesson
from pipeline.bench.machine import describe_machine
from pipeline.bench.pictures import Picture, engine_generate
from pipeline.config import PipelineConfig
from pipeline.engine.engine import Engine
from pipeline.results import Artifact, TrainingProgress
from pipeline.training_request import TrainingRequest
from pipeline.workers.alone import news_of
from pipeline.workers.installation import install, with_learned
from pipeline.workers.training import TrainingRun

SAMPLER, NUM_STEPS, GUIDANCE_SCALE = "Euler", 20, 3.0
COLUMNS = 6  # of the grid that shows what was learned


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a lesson came to."""

    untrained: Sequence[Picture]
    trained: Sequence[Picture]
    seconds: float  # of training, pictures and loading left out
    processor_seconds: float  # of these, what the processor's cores worked
    num_steps: int


@dataclass(frozen=True, slots=True)
class Taught:
    """Settings under which what was learned is found."""

    config: PipelineConfig
    seconds: float
    processor_seconds: float
    num_steps: int


def learn(
    config: PipelineConfig, lesson: Lesson, num_seeds: int, folder: Path, **changed: object
) -> Outcome:
    """Teach a lesson in a folder of its own, and make the pictures before and after."""
    taught = teach(config, lesson.request(**changed), folder)
    return Outcome(
        untrained=[*pictures(config.model_copy(update={"adapters": ""}), PROMPT, num_seeds)],
        trained=[*pictures(taught.config, PROMPT + lesson.tag, num_seeds)],
        seconds=taught.seconds,
        processor_seconds=taught.processor_seconds,
        num_steps=taught.num_steps,
    )


def teach(config: PipelineConfig, request: TrainingRequest, folder: Path) -> Taught:
    """Run a request in a folder of its own, and lay what it leaves where prompts find it."""
    taught = config = config.model_copy(update={"adapters": str(folder), "devices": ("cpu",)})
    begun, processor_begun, num_steps = 0.0, 0.0, 0
    for event in news_of(TrainingRun(config, request, Engine(config, "cpu"), folder / "run")):
        # The first event comes after the model was loaded and the first step taken.
        begun = begun or time.perf_counter()
        processor_begun = processor_begun or time.process_time()
        if isinstance(event, TrainingProgress):
            num_steps = event.num_done
        elif isinstance(event, Artifact) and event.is_final:
            install(event, request.name, folder, config.default_model)
            taught = with_learned(config, config.default_model, event)
    seconds, processor = time.perf_counter() - begun, time.process_time() - processor_begun
    return Taught(taught, seconds, processor, num_steps)


def pictures(config: PipelineConfig, prompt: str, num_seeds: int) -> Iterator[Picture]:
    """One prompt with so many seeds."""
    generate = engine_generate(config, SAMPLER, NUM_STEPS, GUIDANCE_SCALE)
    yield from generate([prompt] * num_seeds, range(num_seeds))


def compare(
    config: PipelineConfig, name: str, num_seeds: int, folder: Path, grid: Path | None
) -> None:
    """Teach one lesson and print what came of it."""
    lesson = LESSONS[name]
    console = Console()
    console.print(describe_machine(), soft_wrap=True)
    outcome = learn(config, lesson, num_seeds, folder)
    right = [
        sum(map(lesson.subject.is_on_blue, side)) for side in (outcome.untrained, outcome.trained)
    ]
    table = Table("", "right", f"promised of {num_seeds}", title=f"{name}: {PROMPT}")
    table.add_row("untrained", str(right[0]), f"<= {num_seeds // 10}")
    table.add_row("trained", str(right[1]), f">= {lesson.promised * num_seeds // 100}")
    console.print(table)
    console.print(
        f"{outcome.num_steps} steps in {outcome.seconds:.0f} s, in which the processor's cores "
        f"worked {outcome.processor_seconds:.0f} s"
    )
    if grid:
        as_grid(lesson, outcome).save(grid, quality=90)


def as_grid(lesson: Lesson, outcome: Outcome) -> Image.Image:
    """Three rows: what it was taught from, the prompt before, the prompt after."""
    taught = [lesson.subject.drawn(background) for background in SEEN_BACKGROUNDS]
    rows = [side[:COLUMNS] for side in (taught, outcome.untrained, outcome.trained)]
    levels = np.concatenate([np.concatenate([*row], axis=1) for row in rows])
    return Image.fromarray((levels * 255).round().astype(np.uint8))
