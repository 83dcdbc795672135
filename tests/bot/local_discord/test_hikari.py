"""A second library of Python, unmodified: hikari comes online, answers, uploads, and waits."""

from collections.abc import AsyncIterator

import pytest

from bot.local_discord.person import File, Person
from tests.bot.local_discord.conftest import TOKEN, Line
from tests.bot.local_discord.hikari_bot import make_bot


@pytest.fixture
async def you(line: Line) -> AsyncIterator[Person]:
    """You, while the bot is online."""
    line.discord.limits.scale = 0.1  # windows of half a second: kept, and soon over
    line.discord.clock.stopped_at = None  # hikari goes by the hour at which a window ends
    bot = make_bot(line.url, TOKEN)
    await bot.start(check_for_updates=False)
    async with Person.at(line.url) as person:
        yield person
    await bot.close()
    assert line.discord.record.unknown_routes == []
    assert line.discord.record.violations == []


async def test_hikari_serves_people_here_as_at_discord(line: Line, you: Person) -> None:
    sent = await you.slash("draw", what="a circle", file=File("a.txt", b"hello"))
    answer = await you.answer(sent, until=lambda it: it["attachments"])
    assert await you.read(answer["attachments"][0]) == b"hello"
    press = await you.press(answer, "Name it")
    assert (await you.modal(press))["title"] == "Name it"
    named = await you.answer(await you.submit(press, {"name": "Ada"}))
    assert named["content"] == "named Ada"
    posted = await you.wait_for_message(lambda it: it["content"] == "edit 6")
    assert posted["reactions"][0]["emoji"]["name"] == "⭐"
    await you.wait_for_message(lambda it: it["content"] == "in it", channel="talk")
    assert 429 not in [request.status for request in line.discord.record.requests]
