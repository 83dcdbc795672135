"""One Chromium, one local Discord and one bot for a file's scenes; a channel for each."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from itertools import count

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from bot.local_discord.director import Director
from bot.local_discord.newcomer import GUILD_ID
from bot.local_discord.openapi import OpenApi
from bot.local_discord.person import Person
from bot.local_discord.wire import Json
from tests.bot.local_discord.conftest import Line, open_line, pointed_at
from tests.bot.local_discord.library_bot import running
from tests.bot.local_discord.page.scripted_bot import ScriptedBot

CHROMIUM = shutil.which("chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
NUMBERS = count(1)


@dataclass(frozen=True)
class Stage:
    """A page open at a channel of its own, and everybody who may act there besides the reader."""

    page: Page
    line: Line
    bot: ScriptedBot
    director: Director
    you: Person
    channel: Json

    @property
    def messages(self) -> Locator:
        return self.page.get_by_test_id("message")

    @property
    def messages_path(self) -> str:
        return f"/channels/{self.channel['id']}/messages"

    def find(self, test_id: str) -> Locator:
        return self.page.get_by_test_id(test_id)

    def choice(self, name: str) -> Locator:
        return self.page.get_by_role("option", name=name)

    async def post(self, content: str = "", **more: object) -> Json:
        """A message by the bot."""
        answer = await self.line.call("POST", self.messages_path, {"content": content, **more})
        assert answer.status == 200, answer.body
        posted: Json = answer.body
        return posted

    async def post_files(self, files: dict[str, bytes], **more: object) -> Json:
        """A message by the bot with files, which are called what they show."""
        listed = [{"id": at, "description": name} for at, name in enumerate(files)]
        body = {"attachments": listed, **more}
        answer = await self.line.call("POST", self.messages_path, body, files=files)
        assert answer.status == 200, answer.body
        posted: Json = answer.body
        return posted

    async def call(self, name: str) -> None:
        """Pick a command by typing, as one does."""
        await self.find("entry").press_sequentially(f"/{name}")
        await expect(self.find("command-picker")).to_contain_text(name)
        await self.page.keyboard.press("Enter")

    async def open(self, person: str = "you", place: str = "") -> None:
        """Come to the page as somebody, at an address."""
        where = place or f"#/{GUILD_ID}/{self.channel['id']}"
        await self.page.goto(f"{self.line.url}/?person={person}{where}")
        await self.page.wait_for_selector("html[data-ready]")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("There is no Chromium on this machine")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_line(description: OpenApi | None) -> AsyncIterator[Line]:
    """A local Discord for a bot on discord.py."""
    async with open_line(description) as line:
        with pointed_at(line):
            yield line


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def troupe(shared_line: Line) -> AsyncIterator[tuple[ScriptedBot, Director, Person]]:
    """The bot, the director, and You, who act in every scene of a file."""
    async with (
        running(ScriptedBot) as bot,
        Director.at(shared_line.url) as director,
        Person.at(shared_line.url) as you,
    ):
        assert isinstance(bot, ScriptedBot)
        yield bot, director, you


@pytest_asyncio.fixture(loop_scope="module")
async def stage(
    browser: Browser, shared_line: Line, troupe: tuple[ScriptedBot, Director, Person]
) -> AsyncIterator[Stage]:
    """The page open; anything it fetches elsewhere or trips over fails the test."""
    bot, director, you = troupe
    channel = await director.add_channel(GUILD_ID, f"scene-{next(NUMBERS)}")
    troubles: list[str] = []
    context = await browser.new_context(viewport={"width": 1200, "height": 800})
    await context.grant_permissions(["clipboard-read", "clipboard-write"], origin=shared_line.url)
    page = await context.new_page()
    page.set_default_timeout(15_000)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on(
        "request",
        lambda it: (
            None if it.url.startswith((shared_line.url, "blob:")) else troubles.append(it.url)
        ),
    )
    stage = Stage(page, shared_line, bot, director, you, channel)
    await stage.open()
    yield stage
    await context.close()
    await director.remove_channel(channel["id"])
    assert troubles == []


async def second_page(stage: Stage, person: str) -> Stage:
    """Another person before a page of their own, at the same channel."""
    page = await stage.page.context.new_page()
    other = replace(stage, page=page)
    await other.open(person)
    return other
