"""Another language's library, unmodified: discord.js logs in, answers with a file, asks."""

import asyncio
import shutil
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.local_discord.person import Person
from tests.bot.local_discord.conftest import TOKEN, Line
from tests.gateway_types import CannotMake, installed

PROGRAM = Path(__file__).with_name("library_bot.mjs")
START_TIME = 60.0  # seconds


@pytest.fixture(scope="module")
def packages() -> Path:
    """A folder from which a program finds discord.js."""
    try:
        return installed()
    except CannotMake as error:
        pytest.skip(str(error))


@pytest.fixture
async def ready(line: Line, packages: Path) -> AsyncIterator[str]:
    """The bot online; what it said when it was."""
    # Node looks for packages beside the program.
    program = Path(shutil.copy(PROGRAM, packages))
    process = await asyncio.create_subprocess_exec(
        "node", str(program), line.url, TOKEN, stdout=PIPE
    )
    assert process.stdout
    try:
        async with asyncio.timeout(START_TIME):
            said = await process.stdout.readline()
        yield said.decode().strip()
    finally:
        process.terminate()
    await process.wait()
    assert line.discord.record.unknown_routes == []
    assert line.discord.record.violations == []


async def test_discord_js_serves_people_here_as_at_discord(line: Line, ready: str) -> None:
    assert ready == "ready athanor; Athanor's workshop: 2; Painters' circle: 2"
    async with Person.at(line.url) as you:
        sent = await you.slash("draw", what="a circle")
        answer = await you.answer(sent, until=lambda it: it["attachments"])
        assert await you.read(answer["attachments"][0]) == b"a circle"
        await you.wait_for_message(lambda it: it["content"] == "1 file" and it["flags"] & 64)
        press = await you.press(answer, "Name it")
        assert (await you.modal(press))["title"] == "Name it"
        named = await you.answer(await you.submit(press, {"name": "Ada"}))
    assert named["content"] == "named Ada"
