"""Pictures of the page for the documentation: every scene in light, in dark, and narrow.

    python -m tests.end_to_end.screenshots docs/page

plays them with the demo's bot and model, one after another, at three pages beside each other.
"""

import asyncio
import io
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from PIL import Image
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from bot.local_discord.person import Person
from bot.local_discord.wire import Json
from tests.end_to_end.browsing import ARGUMENTS, CHROMIUM, PATIENCE, demo

COLOURS = 144  # of a picture's palette: what stands in it is flat
STILL = 350  # milliseconds until fonts, pictures and transitions have settled
SQUARE = "a large red circle in the center of a blue background"


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
    Look("light", 980, 660, "light"),
    Look("dark", 980, 660, "dark"),
    Look("narrow", 400, 720, "light"),
)


@dataclass(frozen=True)
class Theatre:
    """Three pages with the same person before them, and that person's hands without a page."""

    pages: dict[Look, Page]
    you: Person
    robin: Person
    folder: Path

    async def play(self, name: str, scene: "Scene", end: "End | None" = None) -> None:
        """The scene at each page and a picture of it; `end` takes away what it leaves behind."""
        for look, page in self.pages.items():
            await scene(page, look)
            await page.wait_for_timeout(STILL)
            save(await page.screenshot(), self.folder / f"{name}-{look.name}.png")
            if end:
                await end(page)
            await page.reload()
            await page.wait_for_selector("html[data-ready]")

    async def make(self, channel: str = "imagine", **options: object) -> Json:
        """Pictures by command, finished; with the buttons under them."""
        sent = await self.you.slash("imagine", channel=channel, **options)
        return await self.you.answer(
            sent, until=lambda it: "Seed" in it["content"], patience=PATIENCE
        )


Scene: TypeAlias = Callable[[Page, Look], Awaitable[None]]
End: TypeAlias = Callable[[Page], Awaitable[None]]


def save(png: bytes, path: Path) -> None:
    """With a palette, a picture of the page takes a third of the space."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    quantised = image.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    quantised.save(path, optimize=True)


def last_message(page: Page) -> Locator:
    return page.get_by_test_id("message").last


def last_pictures(page: Page) -> Locator:
    """The last message that has pictures."""
    return page.get_by_test_id("message").filter(has=page.get_by_test_id("picture")).last


async def begin_command(page: Page, name: str) -> None:
    await page.get_by_test_id("entry").press_sequentially(f"/{name}")
    await expect(page.get_by_test_id("command-picker")).to_contain_text(name)
    await page.keyboard.press("Enter")


async def as_it_is(page: Page, look: Look) -> None:
    await expect(page.get_by_test_id("welcome")).to_be_attached()


async def show_picker(page: Page, look: Look) -> None:
    await page.get_by_test_id("entry").press_sequentially("/")
    await expect(page.get_by_test_id("command-picker")).to_be_visible()


async def show_options(page: Page, look: Look) -> None:
    await begin_command(page, "imagine")
    await page.get_by_test_id("option-prompt").fill(SQUARE)
    await page.get_by_test_id("add-count").click()
    await page.keyboard.type("4")
    await page.get_by_test_id("add-sampler").click()
    await page.keyboard.type("dpm")
    suggestions = page.get_by_test_id("suggestions-sampler").get_by_role("option")
    await expect(suggestions.first).to_contain_text("DPM")


async def show_progress(page: Page, look: Look) -> None:
    await begin_command(page, "imagine")
    await page.get_by_test_id("option-prompt").fill("a yellow star on a black background")
    for name, value in (("steps", "150"), ("count", "4")):
        await page.get_by_test_id(f"add-{name}").click()
        await page.get_by_test_id(f"option-{name}").fill(value)
    await page.get_by_test_id("send-command").click()
    await expect(last_message(page)).to_contain_text("%", timeout=PATIENCE * 1000)
    await expect(last_message(page).get_by_test_id("picture").first).to_be_visible()


async def end_progress(page: Page) -> None:
    await page.get_by_role("button", name="Cancel").last.click()
    await expect(last_message(page)).to_contain_text("Cancelled", timeout=PATIENCE * 1000)


async def show_full_view(page: Page, look: Look) -> None:
    await last_pictures(page).get_by_test_id("picture").nth(1).click()
    await expect(page.get_by_test_id("lightbox-picture")).to_be_visible()


async def show_edit(page: Page, look: Look) -> None:
    await last_pictures(page).get_by_role("button", name="Edit").first.click()
    await expect(page.get_by_test_id("modal")).to_be_visible()


async def show_settings(page: Page, look: Look) -> None:
    await last_pictures(page).get_by_role("button", name="Settings").first.click()
    await expect(page.get_by_test_id("ephemeral")).to_be_visible()


async def dismiss(page: Page) -> None:
    own = page.get_by_test_id("ephemeral")
    for left in reversed(range(await own.count())):
        await page.get_by_test_id("dismiss").last.click()
        await expect(own).to_have_count(left)


async def show_people(page: Page, look: Look) -> None:
    if look.is_narrow:
        await page.get_by_test_id("menu").click()
    await page.get_by_test_id("switch-person").click()
    await expect(page.get_by_test_id("person-robin")).to_be_visible()


async def show_message_menu(page: Page, look: Look) -> None:
    await last_pictures(page).get_by_test_id("content").click(button="right")
    await expect(page.get_by_test_id("popup")).to_be_visible()


def showing(command: str) -> Scene:
    """A command without options, and its answer for one's own eyes."""

    async def show(page: Page, look: Look) -> None:
        await begin_command(page, command)
        await page.keyboard.press("Enter")
        await expect(page.get_by_test_id("ephemeral")).to_be_visible()
        await expect(page.get_by_test_id("ephemeral")).not_to_contain_text("thinking")

    return show


async def show_show(page: Page, look: Look) -> None:
    await page.get_by_test_id("entry").press_sequentially("/show")
    commands = page.get_by_test_id("command-picker").get_by_role("option")
    await commands.filter(has_text=re.compile(r"^/show ")).click()
    await page.get_by_test_id("option-id").press_sequentially("red")
    suggestions = page.get_by_test_id("suggestions-id").get_by_role("option")
    await expect(suggestions.first).to_contain_text("red circle")


async def show_read_settings(page: Page, look: Look) -> None:
    await show_message_menu(page, look)
    await page.get_by_text("Read settings").click()
    await expect(page.get_by_role("button", name="Make it again")).to_have_count(4)


async def show_queue(page: Page, look: Look) -> None:
    await show_progress(page, look)
    await showing("queue")(page, look)


async def end_queue(page: Page) -> None:
    await dismiss(page)
    await end_progress(page)


async def show_places(page: Page, look: Look) -> None:
    """What stands at the sides: the drawer where there is no room, the members where there is."""
    await page.get_by_test_id("menu" if look.is_narrow else "show-members").click()


async def play_all(theatre: Theatre) -> None:
    await theatre.play("welcome", as_it_is)
    await theatre.make(prompt=SQUARE, seed=1)
    await theatre.play("first_picture", as_it_is)
    await theatre.play("picker", show_picker)
    await theatre.play("options", show_options)
    await theatre.play("progress", show_progress, end_progress)
    await theatre.make(prompt="a green triangle on a white background", count=4, seed=7)
    await theatre.play("gallery", as_it_is)
    await theatre.play("full_view", show_full_view)
    await theatre.play("message_menu", show_message_menu)
    await theatre.play("edit", show_edit)
    await theatre.play("settings", show_settings, dismiss)
    await theatre.play("help", showing("help"), dismiss)
    await theatre.play("history", showing("history"), dismiss)
    await theatre.play("show", show_show)
    await theatre.play("defaults", showing("settings show"), dismiss)
    await theatre.play("stats", showing("stats"), dismiss)
    await theatre.play("read_settings", show_read_settings, dismiss)
    await theatre.play("queue", show_queue, end_queue)
    await theatre.play("people", show_people)
    await play_thread(theatre)


async def play_thread(theatre: Theatre) -> None:
    message = (await theatre.you.messages("imagine"))[-1]
    thread = await theatre.you.start_thread("Triangles", channel="imagine", message=message)
    await theatre.robin.write("And in yellow, on black?", channel=thread["id"])
    await theatre.make(thread["id"], prompt="a yellow triangle on a black background", seed=3)

    async def in_thread(page: Page, look: Look) -> None:
        if look.is_narrow:
            await page.get_by_test_id("menu").click()
        await page.get_by_test_id("channel-Triangles").click()
        await expect(page.get_by_test_id("picture").last).to_be_visible()

    await theatre.play("thread", in_thread)
    await theatre.play("places", show_places)


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


async def main(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as data:
        async with (
            demo(Path(data)) as url,
            Person.at(url) as you,
            Person.at(url, "robin") as robin,
            async_playwright() as playwright,
        ):
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            async with three_pages(browser, url) as pages:
                await play_all(Theatre(pages, you, robin, folder))
            await browser.close()


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(target))
