"""What an aesthetic embedding of dark pictures does to pictures of other prompts.

    python -m pipeline bench learn aesthetic

Twenty dark pictures are made into an embedding; then prompts that name a bright thing, and leave
its background open, are drawn with it and without.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from pipeline.bench.learn import GUIDANCE_SCALE, NUM_STEPS, SAMPLER, teach
from pipeline.bench.lessons import SIZE, as_png
from pipeline.bench.machine import describe_machine
from pipeline.bench.pictures import Picture, engine_generate
from pipeline.config import PipelineConfig
from pipeline.models.demo.judge import judge
from pipeline.models.demo.pictures import COLOURS, PLACES, SHAPES, Thing, draw, place_center
from pipeline.models.demo.pictures import Picture as Drawing
from pipeline.training_request import TrainingPicture, TrainingRequest

NAME = "dark"
NUM_DARK = 20
RADIUS = 0.29
DARK = ("black", "blue", "purple")
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
STRENGTH = {
    "aesthetic_embedding": NAME,
    "aesthetic_weight": 0.3,
    "aesthetic_steps": 10,
    "aesthetic_learning_rate": 0.001,
}


@dataclass(frozen=True, slots=True)
class Side:
    """Pictures of the same prompts, looked at."""

    luminance: float  # 0 black, 1 white
    shapes_right: float  # share


def dark_pictures() -> Iterator[bytes]:
    """Dark things on black, no two alike."""
    for number in range(NUM_DARK):
        kind = tuple(SHAPES)[number % len(SHAPES)]
        place = PLACES[number % len(PLACES)]
        x, y = place_center(place, RADIUS, SIZE, SIZE)
        colour = tuple(0.3 * level for level in COLOURS[tuple(COLOURS)[number % 7]])
        thing = Thing(kind, (colour[0], colour[1], colour[2]), x, y, RADIUS)
        yield as_png(draw(Drawing(SIZE, SIZE, COLOURS["black"], (thing,))))


def make_embedding(config: PipelineConfig, folder: Path) -> PipelineConfig:
    """The same settings with a folder of adapters in which the embedding is."""
    pictures = tuple(TrainingPicture(content=content) for content in dark_pictures())
    values: dict[str, Any] = {"name": NAME, "method": "aesthetic", "pictures": pictures}
    return teach(config, TrainingRequest(**values), folder).config


def prompts(count: int) -> list[tuple[str, str]]:
    """Prompts that name a bright thing and no background, with its shape."""
    kinds, bright = tuple(SHAPES), [name for name in COLOURS if name not in DARK]
    chosen = [(bright[n % len(bright)], kinds[n % len(kinds)]) for n in range(count)]
    return [(f"a large {colour} {kind} in the center", kind) for colour, kind in chosen]


def look(config: PipelineConfig, count: int, settings: Mapping[str, Any]) -> Side:
    """Make the pictures with these settings, and look at them."""
    generate = engine_generate(config, SAMPLER, NUM_STEPS, GUIDANCE_SCALE, **settings)
    asked = prompts(count)
    made: Sequence[Picture] = list(generate([prompt for prompt, _ in asked], range(count)))
    seen = [judge(picture).kind == kind for picture, (_, kind) in zip(made, asked, strict=True)]
    luminance = float(np.mean([(picture @ LUMINANCE).mean() for picture in made]))
    return Side(luminance, float(np.mean(seen)))


def compare(config: PipelineConfig, count: int, folder: Path) -> None:
    """Make the embedding, draw with it and without, and print what differs."""
    console = Console()
    console.print(describe_machine(), soft_wrap=True)
    with_embedding = make_embedding(config, folder)
    sides = {
        "without": look(config, count, {}),
        "with the dark embedding": look(with_embedding, count, STRENGTH),
    }
    table = Table("", "luminance", "shapes right", title=f"{count} prompts")
    for name, side in sides.items():
        table.add_row(name, f"{side.luminance:.3f}", f"{side.shapes_right:.2f}")
    console.print(table)
