"""Three pages beside each other, one person before them all, and pictures of what they show."""

import io
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from PIL import Image
from playwright.async_api import Browser, Page

from bot.local_discord.person import File, Person
from bot.local_discord.wire import Json
from tests.end_to_end.browsing import PATIENCE

COLOURS = 160  # of a picture's palette: what stands in it is flat
STILL = 350  # milliseconds until fonts, pictures and transitions have settled
# The page's own colours: a palette made of a picture's areas alone would mix the grounds and lose
# small marks.
GROUNDS = (
    "ground",
    *(f"ground-{it}" for it in ["side", "rail", "raised", "field", "hover", "selected"]),
)
OWN = (*GROUNDS, "text", "line", "ember-wash", "ember-solid", "good-solid", "bad-solid", "link")
COLOURS_OF = """names => names.map(name => {
    const spot = document.createElement("i");
    spot.style.color = `var(--${name})`;
    document.body.append(spot);
    const parts = getComputedStyle(spot).color.match(/\\d+/g).slice(0, 3).map(Number);
    spot.remove();
    return parts;
})"""


@dataclass(frozen=True)
class Look:
    """One of the ways in which the page is shown."""

    name: str
    width: int
    height: int
    scheme: str

    @property
    def is_narrow(self) -> bool:
        return self.width < 500


LOOKS = (
    Look("light", 980, 740, "light"),
    Look("dark", 980, 740, "dark"),
    Look("narrow", 400, 740, "light"),
)
Scene: TypeAlias = Callable[[Page, Look], Awaitable[None]]
End: TypeAlias = Callable[[Page], Awaitable[None]]


@dataclass(frozen=True)
class Theatre:
    """The pages, that person's hands without a page, a friend, and what was played so far."""

    pages: dict[Look, Page]
    you: Person
    robin: Person
    folder: Path
    captions: dict[str, str] = field(default_factory=dict)

    async def play(self, name: str, caption: str, scene: Scene, end: End | None = None) -> None:
        """The scene at each page and a picture of it; `end` takes away what it leaves behind."""
        self.captions[name] = caption
        for look, page in self.pages.items():
            await scene(page, look)
            await page.wait_for_timeout(STILL)
            await save(page, self.folder / f"{name}-{look.name}.png")
            if end:
                await end(page)
            await page.reload()
            await page.wait_for_selector("html[data-ready]")

    async def make(
        self, command: str = "imagine", *, channel: str = "imagine", **typed: object
    ) -> Json:
        """Pictures by command, finished; with the buttons under them."""
        sent = await self.you.slash(command, channel=channel, **typed)
        return await self.you.answer(sent, until=is_done, patience=PATIENCE)

    async def file_of(self, message: Json) -> File:
        """The first picture of a message, to be given to a command."""
        [attachment, *_] = message["attachments"]
        return File(attachment["filename"], await self.you.read(attachment))

    def write_index(self) -> None:
        """A page of all the pictures, beside their folder."""
        looks = [look.name for look in LOOKS]
        lines = [INTRODUCTION, f"| | {' | '.join(looks)} |", "|---" * (len(looks) + 1) + "|"]
        for name, caption in self.captions.items():
            plain = caption.replace("`", "").replace("*", "")
            cells = [f"![{plain}, {look}]({self.folder.name}/{name}-{look}.png)" for look in looks]
            lines.append(f"| {caption} | {' | '.join(cells)} |")
        path = self.folder.with_suffix(".md")
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


INTRODUCTION = """# The page in pictures

Made by `python -m tests.end_to_end.screenshots docs/page`, with the demo's bot and model. What is
typed and pressed in them, `tests/bot/local_discord/page` does in Chromium at each run of the tests.
"""


def is_done(message: Json) -> bool:
    return "Seed" in message["content"]


async def save(page: Page, path: Path) -> None:
    """With a palette, a picture of the page takes a third of the space."""
    image = Image.open(io.BytesIO(await page.screenshot())).convert("RGB")
    own = await page.evaluate(COLOURS_OF, list(OWN))
    areas = image.quantize(COLOURS - len(own), method=Image.Quantize.MEDIANCUT)
    colours = (areas.getpalette() or [])[: 3 * (COLOURS - len(own))]
    palette = Image.new("P", (1, 1))
    palette.putpalette(colours + [part for colour in own for part in colour])
    image.quantize(palette=palette, dither=Image.Dither.NONE).save(path, optimize=True)


@asynccontextmanager
async def three_pages(browser: Browser, url: str) -> AsyncIterator[dict[Look, Page]]:
    async with AsyncExitStack() as stack:
        pages = {}
        for look in LOOKS:
            size = {"width": look.width, "height": look.height}
            context = await browser.new_context(
                viewport=size,  # type: ignore[arg-type]
                color_scheme=look.scheme,  # type: ignore[arg-type]
            )
            stack.push_async_callback(context.close)
            pages[look] = await context.new_page()
            await pages[look].goto(url)
            await pages[look].wait_for_selector("html[data-ready]")
        yield pages
