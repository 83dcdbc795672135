"""What DreamBooth makes a model forget, and how much of it prior preservation keeps.

    python -m pipeline bench learn prior

The same held-out prompts are asked of the untouched model and of two taught the same subject, one
of them with pictures of its class beside: how often is the shape right?
"""

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from pipeline.bench.learn import GUIDANCE_SCALE, NUM_STEPS, SAMPLER, teach
from pipeline.bench.lessons import LESSONS
from pipeline.bench.machine import describe_machine
from pipeline.bench.pictures import engine_generate
from pipeline.config import PipelineConfig
from pipeline.models.demo.report import obedience

CLASS_PROMPT, NUM_CLASS_PICTURES = "a shape", 48
MAX_LOSS = 5  # points of a hundred that prior preservation may lose


def shares(
    config: PipelineConfig, num_prompts: int, folder: Path, **changed: object
) -> Iterator[tuple[str, float]]:
    """For each model, how often other shapes than the subject are right, 0 to 1."""
    lesson = LESSONS["dreambooth"]
    prior = {"class_prompt": CLASS_PROMPT, "num_class_pictures": NUM_CLASS_PICTURES}
    methods = {
        "without prior preservation": dict(lesson.method),
        "with prior preservation": dict(lesson.method) | prior,
    }
    yield "untouched", kind_share(config, num_prompts)
    for number, (name, method) in enumerate(methods.items()):
        request = lesson.request(**{"method": method} | changed)
        taught = teach(config, request, folder / str(number))
        yield name, kind_share(taught.config, num_prompts)


def kind_share(config: PipelineConfig, num_prompts: int) -> float:
    generate = engine_generate(config, SAMPLER, NUM_STEPS, GUIDANCE_SCALE)
    return obedience(generate, num_prompts)["kind"]


def compare(config: PipelineConfig, num_prompts: int, folder: Path) -> None:
    """Teach and ask, and print what each model still draws."""
    console = Console()
    console.print(describe_machine(), soft_wrap=True)
    found = dict(shares(config, num_prompts, folder))
    least = 100 * found["untouched"] - MAX_LOSS
    table = Table("", "shapes right, of 100", "promised", title=f"{num_prompts} other prompts")
    for name, share in found.items():
        promised = f">= {least:.1f}" if name.startswith("with ") else ""
        table.add_row(name, f"{100 * share:.1f}", promised)
    console.print(table)
