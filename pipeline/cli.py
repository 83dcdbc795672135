"""The command line: the same line that the bot uses, and the measurements.

python -m pipeline generate "a red circle" --seed 1 --steps 20 --count 4 --out pictures/
python -m pipeline info pictures/1.png
python -m pipeline again pictures/1.png --out copies/
python -m pipeline train lora pictures/ --name mine
python -m pipeline generate "a star" --init-image pictures/1.png --region "left third"
python -m pipeline upscale pictures/1.png --factor 2
python -m pipeline gallery gallery/
python -m pipeline bench
"""

import asyncio
import random
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from pipeline.adapters.names import AdapterNames
from pipeline.checkpoint import Family
from pipeline.config import PipelineConfig
from pipeline.console import (
    DEFAULT_CONFIG,
    ConfigPath,
    ModelName,
    load_config,
    sentences_for_errors,
)
from pipeline.convert_command import convert
from pipeline.dispatcher import open_dispatcher
from pipeline.errors import InvalidRequest
from pipeline.images.advanced import fields_of
from pipeline.images.files import read_settings
from pipeline.images.infotext_requests import request_from_infotext
from pipeline.picture_commands import gallery, picture_fields, upscale
from pipeline.requests import MAX_SEED, GenerationRequest
from pipeline.results import GeneratedImage, GenerationProgress
from pipeline.train_command import train

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
bench = typer.Typer(invoke_without_command=True)
app.add_typer(bench, name="bench", help="Measure, side by side, in one run.")
app.command()(train)
app.command()(convert)
app.command()(upscale)
app.command()(gallery)

OutFolder = Annotated[Path, typer.Option(help="the folder to write PNG files to")]
PicturePath = Annotated[Path, typer.Argument(help="a PNG, JPEG, WebP or GIF with settings inside")]
DEFAULT_OUT = Path("pictures")


@app.command()
def generate(
    prompt: Annotated[str, typer.Argument(help="what the pictures should show")],
    negative_prompt: Annotated[str | None, typer.Option(help="what they should not show")] = None,
    seed: Annotated[int | None, typer.Option(help="of the first picture; else random")] = None,
    count: Annotated[int, typer.Option(help="how many pictures; their seeds count up")] = 1,
    steps: Annotated[int | None, typer.Option(help="else 20")] = None,
    sampler: Annotated[
        str | None, typer.Option(help='as people say it: "DPM++ 2M Karras"; else Euler a')
    ] = None,
    guidance_scale: Annotated[float | None, typer.Option(help="else the model's own")] = None,
    width: Annotated[int | None, typer.Option(help="pixels; else the model's own size")] = None,
    height: Annotated[int | None, typer.Option(help="pixels; else the model's own size")] = None,
    init_image: Annotated[
        Path | None, typer.Option(help="a picture to begin from, not from noise")
    ] = None,
    strength: Annotated[
        float | None, typer.Option(help="how far from it, 0 to 1; else 0.75")
    ] = None,
    exact_steps: Annotated[bool, typer.Option(help="run all steps on it, not a share")] = False,
    mask: Annotated[Path | None, typer.Option(help="a picture: white is repainted")] = None,
    region: Annotated[
        str | None,
        typer.Option(help='what is repainted: "left third", "0.2,0.1,0.6,0.9", "transparent"'),
    ] = None,
    outpaint: Annotated[
        str | None, typer.Option(help="sides that the picture grows to: left,right,up,down")
    ] = None,
    outpaint_pixels: Annotated[int, typer.Option(help="that it grows by to each of them")] = 64,
    model: ModelName = None,
    preset: Annotated[str | None, typer.Option(help="settings by one name: NAI")] = None,
    advanced: Annotated[
        str, typer.Option(help='all other settings as infotext has them: "Eta: 0.5, ENSD: 31337"')
    ] = "",
    out: OutFolder = DEFAULT_OUT,
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """Make pictures from a prompt."""
    with sentences_for_errors():
        settings = load_config(config)
        typed = {
            "prompt": prompt,
            "negative_prompt": negative_prompt,
            "num_steps": steps,
            "sampler": sampler,
            "guidance_scale": guidance_scale,
            "width": width,
            "height": height,
            "model": model,
            "strength": strength,
            "exact_steps": exact_steps or None,
            "seeds": None if seed is None else (seed,),
        }
        given = picture_fields(init_image, mask, region, outpaint, outpaint_pixels)
        options = given | {name: value for name, value in typed.items() if value is not None}
        request = request_of(settings, fields_of(options, advanced, preset), count)
        out.mkdir(parents=True, exist_ok=True)
        asyncio.run(write_pictures(settings, request, out))


@app.command()
def info(picture: PicturePath) -> None:
    """Show the settings that a picture carries, whichever program made it."""
    with sentences_for_errors():
        typer.echo(settings_of(picture))


@app.command()
def again(
    picture: PicturePath, out: OutFolder = DEFAULT_OUT, config: ConfigPath = DEFAULT_CONFIG
) -> None:
    """Make a picture again from the settings that it carries."""
    with sentences_for_errors():
        settings = load_config(config)
        found = request_from_infotext(
            settings_of(picture),
            settings.models,
            AdapterNames.in_folder(settings.adapters_folder),
        )
        for note in found.notes:
            typer.echo(note, err=True)
        out.mkdir(parents=True, exist_ok=True)
        asyncio.run(write_pictures(settings, found.request, out))


def settings_of(picture: Path) -> str:
    """The infotext in a file. Raises `InvalidRequest` where there is none."""
    infotext = read_settings(picture.read_bytes())
    if infotext is None:
        raise InvalidRequest(f"No settings are in `{picture}`.")
    return infotext


def request_of(config: PipelineConfig, fields: Mapping[str, Any], count: int) -> GenerationRequest:
    """A request of those fields, else as suits the model, with a seed for each picture."""
    model = config.model(fields.get("model"))
    (first,) = fields.get("seeds", (random.randrange(MAX_SEED - count),))
    # Where a variation seed varies the pictures, they share their seed.
    step = 0 if fields.get("variation_strength") else 1
    seeds = tuple(first + step * index for index in range(count))
    own = {
        "width": model.native_size,
        "height": model.native_size,
        "guidance_scale": model.guidance_scale,
    }
    return GenerationRequest(**{**own, **fields, "seeds": seeds})


async def write_pictures(config: PipelineConfig, request: GenerationRequest, out: Path) -> None:
    """Run one request and write its pictures, each under its seed; of equal ones, numbered."""
    console = Console()
    is_numbered = len(set(request.seeds)) < len(request.seeds)
    with Progress(console=console) as bar:
        task = bar.add_task(request.prompt, total=None)
        async with open_dispatcher(config) as dispatcher:
            async for event in dispatcher.submit(request):
                match event:
                    case GenerationProgress():
                        bar.update(task, completed=event.num_done, total=event.num_total)
                    case GeneratedImage():
                        number = f"-{event.index + 1}" if is_numbered else ""
                        path = out / f"{event.seed}{number}.png"
                        await asyncio.to_thread(path.write_bytes, event.png)
                        console.print(f"{path}  {event.infotext.splitlines()[-1]}", soft_wrap=True)


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
        # The measurements bring in torch and diffusers' pipelines, which no other command needs.
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
        str, typer.Argument(help="ti, lora, hypernetwork, dreambooth, prior, aesthetic")
    ],
    config: ConfigPath = DEFAULT_CONFIG,
    seeds: Annotated[int, typer.Option(help="pictures that are judged")] = 100,
    grid: Annotated[Path | None, typer.Option(help="a picture of before and after")] = None,
) -> None:
    """Teach the demo model a subject that it never saw, and judge what it then draws."""
    from pipeline.bench import darkening, keeping
    from pipeline.bench.learn import compare
    from pipeline.bench.lessons import LESSONS

    others = {"aesthetic": darkening.compare, "prior": keeping.compare}
    with sentences_for_errors(), TemporaryDirectory() as folder:
        if lesson in others:
            others[lesson](load_config(config), seeds, Path(folder))
            return
        if lesson not in LESSONS:
            raise InvalidRequest(
                f"There is no lesson called `{lesson}`. Try: {', '.join([*LESSONS, *others])}."
            )
        compare(load_config(config), lesson, seeds, Path(folder), grid)


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
