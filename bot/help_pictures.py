"""`python -m bot.help_pictures`: make the pictures that `/help` shows, with the demo model.

They are written into `bot/pictures`, a WebP for each topic that has one. What each shows is said
in its topic's text, in the locales.
"""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.config import read_config
from bot.replies.contact_sheet import contact_sheet
from pipeline import Dispatcher, GeneratedImage, GenerationRequest, PipelineError, open_dispatcher

FOLDER = Path(__file__).parent / "pictures"
SIDE = 128  # pixels; what the demo model was trained on
RED_CIRCLE = "a large red circle in the center of a blue background"

# Each picture's settings, by topic.
PICTURES: dict[str, list[dict[str, Any]]] = {
    "start": [{"seeds": (seed,)} for seed in (1, 2, 3)],
    "prompts": [
        {"prompt": f"a large yellow {shape} in the center of a green background"}
        for shape in ("circle", "square", "triangle")
    ],
    "steps": [{"num_steps": num_steps} for num_steps in (2, 6, 20)],
    "seeds": [
        {"prompt": f"a large {colour} circle in the center of a blue background", "seeds": (5,)}
        for colour in ("red", "red", "yellow")
    ],
}


def main(
    config: Annotated[Path, typer.Option(help="The configuration file.")] = Path("config.toml"),
) -> None:
    """Make the pictures of /help."""
    try:
        asyncio.run(_make_all(config))
    except PipelineError as error:
        typer.echo(error.message, err=True)
        raise typer.Exit(1) from None


async def _make_all(config: Path) -> None:
    FOLDER.mkdir(exist_ok=True)
    pipeline = read_config(config).pipeline
    own = {"guidance_scale": pipeline.model().guidance_scale}
    async with open_dispatcher(pipeline) as dispatcher:
        for topic, settings in PICTURES.items():
            pngs = await asyncio.gather(*(_make(dispatcher, own | it) for it in settings))
            (FOLDER / f"{topic}.webp").write_bytes(await asyncio.to_thread(contact_sheet, pngs))


async def _make(dispatcher: Dispatcher, settings: dict[str, Any]) -> bytes:
    defaults = {"prompt": RED_CIRCLE, "seeds": (1,), "width": SIDE, "height": SIDE}
    request = GenerationRequest(**defaults | settings)
    pngs = [it.png async for it in dispatcher.submit(request) if isinstance(it, GeneratedImage)]
    return pngs[0]


if __name__ == "__main__":
    typer.run(main)
