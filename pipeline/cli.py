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
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from pipeline.adapters.names import AdapterNames
from pipeline.bench_commands import bench
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
    console = Console(markup=False)  # brackets mean something else in prompts
    is_numbered = len(set(request.seeds)) < len(request.seeds)
    with Progress(console=console) as bar:
        task = bar.add_task(escape(request.prompt), total=None)
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
