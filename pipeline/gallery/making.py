"""The gallery's pictures, made by the line that everybody's are made by."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.config import PipelineConfig
from pipeline.dispatcher import Dispatcher, open_dispatcher
from pipeline.gallery.adapters import write_adapters
from pipeline.gallery.exhibits import EXHIBITS, PROMPT, Exhibit
from pipeline.gallery.page import page_of
from pipeline.requests import GenerationRequest
from pipeline.results import GeneratedImage

SEED = 7
COMMON = {"prompt": PROMPT, "seeds": (SEED,), "sampler": "euler", "num_steps": 20}
Done = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Shown:
    """One variant of an exhibit, made."""

    exhibit: Exhibit
    caption: str
    files: Sequence[str]  # names beside the page
    infotext: str


def requests_of(exhibit: Exhibit, config: PipelineConfig) -> dict[str, GenerationRequest]:
    """What is asked for each of an exhibit's variants, by their captions."""
    model = config.model()
    own = {
        "width": model.native_size,
        "height": model.native_size,
        "guidance_scale": model.guidance_scale,
    }
    asked = {}
    for caption, fields in exhibit.variants.items():
        values: dict[str, Any] = own | COMMON | dict(exhibit.common) | dict(fields)
        asked[caption] = GenerationRequest(**values)
    return asked


async def make_gallery(config: PipelineConfig, out: Path, done: Done = lambda: None) -> Path:
    """Write a page and its pictures into a folder; `done` is called after each variant."""
    adapters = out / "adapters"
    await asyncio.to_thread(write_adapters, config.model().path, adapters)
    config = config.model_copy(update={"adapters": str(adapters.resolve())})
    async with open_dispatcher(config) as dispatcher, asyncio.TaskGroup() as group:
        making = [
            group.create_task(make(dispatcher, exhibit, caption, request, place, out, done))
            for place, exhibit in enumerate(EXHIBITS)
            for caption, request in requests_of(exhibit, config).items()
        ]
    page = out / "index.html"
    shown = [task.result() for task in making]
    await asyncio.to_thread(page.write_text, page_of(shown), "utf-8")
    return page


async def make(
    dispatcher: Dispatcher,
    exhibit: Exhibit,
    caption: str,
    request: GenerationRequest,
    place: int,
    out: Path,
    done: Done,
) -> Shown:
    """One variant's pictures."""
    files, infotext = [], ""
    number = list(exhibit.variants).index(caption)
    async for event in dispatcher.submit(request):
        if isinstance(event, GeneratedImage):
            name = f"{place:02}-{number:02}-{event.index}.png"
            await asyncio.to_thread((out / name).write_bytes, event.png)
            files.append(name)
            infotext = infotext or event.infotext
    done()
    return Shown(exhibit, caption, sorted(files), infotext)
