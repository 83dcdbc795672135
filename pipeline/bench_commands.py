"""Measurements as commands: each compares in one run, and prints a table.

What measures brings in torch and diffusers' pipelines, which no other command needs: it is imported
where it is used.
"""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from pipeline.checkpoint import Family
from pipeline.console import (
    DEFAULT_CONFIG,
    ConfigPath,
    ModelName,
    load_config,
    sentences_for_errors,
)
from pipeline.errors import InvalidRequest

bench = typer.Typer(invoke_without_command=True)


@bench.callback()
def throughput(
    context: typer.Context,
    model: ModelName = None,
    config: ConfigPath = DEFAULT_CONFIG,
    repeats: Annotated[int, typer.Option(help="interleaved; the medians are printed")] = 5,
    requests: Annotated[int, typer.Option(help="how many requests one stream has")] = 32,
) -> None:
    """Compare with diffusers' pipeline: one by one, and many in flight."""
    if context.invoked_subcommand is None:
        from pipeline.bench.throughput import compare

        with sentences_for_errors():
            compare(load_config(config), model, repeats, requests)


@bench.command("lag")
def lag(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Measure how late the bot's event loop is while pictures are made."""
    from pipeline.bench.lag import measure_lag

    with sentences_for_errors():
        measure_lag(load_config(config))


@bench.command("random-weights")
def random_weights(
    folder: Annotated[Path, typer.Argument(help="a new folder")],
    family: Annotated[Family, typer.Option(help="1.5, 2.1 or XL base")] = "sd1",
) -> None:
    """Write a checkpoint of Stable Diffusion's true size with random weights, to measure speed."""
    from pipeline.bench.random_weights import write_random_weights

    with sentences_for_errors():
        write_random_weights(folder, family)


@bench.command("steps")
def steps(
    checkpoint: Annotated[Path, typer.Argument(help="a folder, with random weights or real ones")],
) -> None:
    """Measure a UNet call with 1 to 8 pictures in flight, and pictures a second."""
    from pipeline.bench.steps import measure

    with sentences_for_errors():
        measure(checkpoint)


@bench.command("training-memory")
def training_memory(
    checkpoint: Annotated[Path, typer.Argument(help="a folder of Stable Diffusion 1.5's size")],
    way: Annotated[
        list[str] | None, typer.Option(help="adamw8bit, offload, …; else all of them")
    ] = None,
) -> None:
    """Measure what DreamBooth takes of a GPU's memory, and its steps a second."""
    from pipeline.bench.training_memory import WAYS, compare

    with sentences_for_errors():
        compare(checkpoint, way or WAYS)


@bench.command("demo")
def demo_model(
    config: ConfigPath = DEFAULT_CONFIG,
    prompts: Annotated[int, typer.Option(help="from combinations it never saw")] = 200,
    sampler: str = "Euler",
    steps: int = 20,
    guidance_scale: float = 3.0,
) -> None:
    """Judge the demo model's pictures by their pixels."""
    from pipeline.bench.demo import run
    from pipeline.bench.pictures import engine_generate

    with sentences_for_errors():
        settings = load_config(config)
        generate = engine_generate(settings, sampler, steps, guidance_scale)
        run(settings.model().path, generate, prompts)


@bench.command("learn")
def learn(
    lesson: Annotated[
        str,
        typer.Argument(
            help="ti, lora, hypernetwork, hypernetwork-sweep, dreambooth, prior, aesthetic"
        ),
    ],
    config: ConfigPath = DEFAULT_CONFIG,
    seeds: Annotated[int, typer.Option(help="pictures that are judged")] = 100,
    grid: Annotated[Path | None, typer.Option(help="a picture of before and after")] = None,
) -> None:
    """Teach the demo model a subject that it never saw, and judge what it then draws."""
    from pipeline.bench import darkening, keeping, sweeping
    from pipeline.bench.learn import compare
    from pipeline.bench.lessons import LESSONS

    others = {
        "aesthetic": darkening.compare,
        "hypernetwork-sweep": sweeping.compare,
        "prior": keeping.compare,
    }
    with sentences_for_errors(), TemporaryDirectory() as folder:
        if lesson in others:
            others[lesson](load_config(config), seeds, Path(folder))
            return
        if lesson not in LESSONS:
            raise InvalidRequest(
                f"There is no lesson called `{lesson}`. Try: {', '.join([*LESSONS, *others])}."
            )
        compare(load_config(config), lesson, seeds, Path(folder), grid)


@bench.command("share")
def share(
    config: ConfigPath = DEFAULT_CONFIG,
    part: Annotated[float, typer.Option(help="of the device that training may have")] = 0.5,
    repeats: Annotated[int, typer.Option(help="pictures of each side, interleaved")] = 10,
) -> None:
    """Measure what pictures and a training on the same device cost each other."""
    from pipeline.bench.share import compare

    with sentences_for_errors(), TemporaryDirectory() as folder:
        compare(load_config(config), part, repeats, Path(folder))


@bench.command("furnace")
def furnace(
    config: ConfigPath = DEFAULT_CONFIG,
    method: Annotated[list[str] | None, typer.Option(help="ti, lora; else both")] = None,
    kind: Annotated[
        list[str] | None, typer.Option(help="good, too long, rate x 100, rate 1e-9; else all")
    ] = None,
    runs: Annotated[int, typer.Option(min=1, help="of each kind")] = 10,
    first: Annotated[int, typer.Option(min=0, help="of these; to go on with a part")] = 0,
    setting: Annotated[
        bool, typer.Option("--setting", help="on the subjects that thresholds were set on")
    ] = False,
) -> None:
    """Count how often the watch over training names good, over-trained and spoiled runs rightly."""
    from pipeline.bench.furnace import FURNACES, KINDS, compare

    with sentences_for_errors(), TemporaryDirectory() as folder:
        check_names("method", method, list(FURNACES))
        check_names("kind", kind, list(KINDS))
        compare(
            load_config(config),
            method or list(FURNACES),
            kind or list(KINDS),
            range(first, first + runs),
            setting,
            Path(folder),
        )


def check_names(what: str, named: Sequence[str] | None, known: Sequence[str]) -> None:
    """Raise `InvalidRequest` for a name that there is not."""
    for name in named or ():
        if name not in known:
            raise InvalidRequest(f"There is no {what} called `{name}`. Try: {', '.join(known)}.")


@bench.command("train")
def training(
    config: ConfigPath = DEFAULT_CONFIG,
    model: ModelName = None,
    method: Annotated[list[str] | None, typer.Option(help="else every one")] = None,
    steps: Annotated[int, typer.Option(help="of each side")] = 100,
    size: Annotated[int | None, typer.Option(help="pixels a side; else the model's own")] = None,
    batch_size: int = 1,
) -> None:
    """Compare training with the loops of diffusers' examples: speed, memory, losses."""
    from pipeline.bench.train import METHODS, measure

    with sentences_for_errors():
        check_names("method", method, list(METHODS))
        measure(load_config(config), model, method or list(METHODS), steps, size, batch_size)


@bench.command("wand")
def pictures_from_pictures(
    config: ConfigPath = DEFAULT_CONFIG,
    count: Annotated[int, typer.Option(help="pictures for each line of the table")] = 100,
) -> None:
    """Judge pictures that begin from pictures by their pixels."""
    from pipeline.bench.wand import run

    with sentences_for_errors():
        run(load_config(config), count)
