"""What DreamBooth makes a model forget, and how much of it prior preservation keeps.

    python -m pipeline bench learn prior

The same held-out prompts are asked of the untouched model and of three taught the same subject: by
the usual lesson, by a gentler one, and by this with pictures of its class beside, each with the
prompt that the model made it from. How often is the shape right?

Two things keep it: pictures of the class that were made without guidance, and no more training
than the subject needs. Guided pictures are sharper than what the model thinks possible, and one
that has learned them is guided once more when it draws: its finer shapes overshoot.
"""

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from pipeline.bench.learn import GUIDANCE_SCALE, NUM_STEPS, SAMPLER, pictures, teach
from pipeline.bench.lessons import LESSONS, PROMPT, as_png
from pipeline.bench.machine import describe_machine
from pipeline.bench.pictures import engine_generate
from pipeline.config import PipelineConfig
from pipeline.models.demo.report import chosen, obedience, prompt_for
from pipeline.models.demo.scenes import random_source
from pipeline.training_request import TrainingPicture

CLASS_PROMPT, NUM_CLASS_PICTURES = "a shape", 576
CLASS_GUIDANCE_SCALE = 1.0
# Slower, averaged, and with a name that the text encoder may learn: what moves less forgets less.
GENTLE = {"trains_text_encoder": True, "ema": True, "ema_decay": 0.99}
GENTLE_SETTINGS = {"learning_rate": "2e-4:260, 5e-5", "num_steps": 340, "batch_size": 6}
NUM_SUBJECTS = 100  # pictures of what was taught
MAX_LOSS = 5  # points of a hundred that prior preservation may lose


def shares(
    config: PipelineConfig,
    num_prompts: int,
    folder: Path,
    num_class_pictures: int = NUM_CLASS_PICTURES,
    num_subjects: int = NUM_SUBJECTS,
) -> Iterator[tuple[str, float]]:
    """For each model, how often other shapes than the subject are right, and it itself, 0 to 1."""
    lesson = LESSONS["dreambooth"]
    gentle = dict(lesson.method) | GENTLE
    prior = {"class_prompt": CLASS_PROMPT, "num_class_pictures": num_class_pictures}
    ways: dict[str, dict[str, object]] = {
        "the usual lesson": {},
        "without prior preservation": {"method": gentle} | GENTLE_SETTINGS,
        "with prior preservation": {
            "method": gentle | prior,
            "class_pictures": tuple(class_pictures(config, num_class_pictures)),
        }
        | GENTLE_SETTINGS,
    }
    yield "untouched", kind_share(config, num_prompts)
    for number, (name, way) in enumerate(ways.items()):
        taught = teach(config, lesson.request(**way), folder / str(number))
        yield name, kind_share(taught.config, num_prompts)
        right = map(lesson.subject.is_on_blue, pictures(taught.config, PROMPT, num_subjects))
        yield f"{name}: the subject", sum(right) / num_subjects


def class_pictures(config: PipelineConfig, number: int) -> Iterator[TrainingPicture]:
    """What the untouched model draws of combinations that it was trained on, with their prompts."""
    rng = random_source("prior preservation", 0)
    wanted = chosen(number, held_out=False, rng=rng)
    prompts = [prompt_for(attributes, rng) for attributes in wanted]
    generate = engine_generate(config, SAMPLER, NUM_STEPS, CLASS_GUIDANCE_SCALE)
    for prompt, picture in zip(prompts, generate(prompts, range(len(prompts))), strict=True):
        yield TrainingPicture(content=as_png(picture), caption=prompt)


def kind_share(config: PipelineConfig, num_prompts: int) -> float:
    generate = engine_generate(config, SAMPLER, NUM_STEPS, GUIDANCE_SCALE)
    return obedience(generate, num_prompts)["kind"]


def compare(config: PipelineConfig, num_prompts: int, folder: Path) -> None:
    """Teach and ask, and print what each model still draws."""
    console = Console()
    console.print(describe_machine(), soft_wrap=True)
    found = dict(shares(config, num_prompts, folder))
    least = 100 * found["untouched"] - MAX_LOSS
    table = Table("", "right, of 100", "promised", title=f"{num_prompts} other prompts")
    for name, share in found.items():
        promised = f">= {least:.1f}" if name == "with prior preservation" else ""
        table.add_row(name, f"{100 * share:.1f}", promised)
    console.print(table)
