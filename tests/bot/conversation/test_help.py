"""`/help` and `/stats`, as a newcomer meets them."""

import io

from PIL import Image

from bot.local_discord.person import Sent
from bot.local_discord.wire import Json
from tests.bot.conversation.conftest import Town

MORE = "What else can be done?"


async def test_help_begins_with_a_picture_and_leads_to_every_command_even_after_a_restart(
    town: Town,
) -> None:
    async with town.bot():
        sent = await town.you.slash("help")
        shown = await town.you.answer(sent)
        assert shown["flags"] & 64
        assert shown["content"].startswith("## Your first picture")
        picture = Image.open(io.BytesIO(await town.you.read(shown["attachments"][0])))
        assert picture.format == "WEBP"
        names = {command["name"] for command in await town.you.commands() if command["type"] == 1}
    async with town.bot():
        await town.you.choose(shown, MORE, "commands")
        listed = await town.you.answer(sent, until=lambda it: "## All commands" in it["content"])
        assert listed["attachments"] == []
        said = listed["content"]
        while names - told(said, names):
            await town.you.press(listed, "More ▶")
            said = await more(town, sent, said)
        await town.you.choose(listed, MORE, "page:1")
        await town.you.answer(sent, until=lambda it: "/imagine" in str(it["components"]))
        await town.you.choose(listed, MORE, "/imagine")
        about = await town.you.answer(sent, until=lambda it: "## /imagine" in it["content"])
        assert "`prompt` (needed) What the picture shall show" in about["content"]


def told(text: str, names: set[str]) -> set[str]:
    """Those of some commands that a text names."""
    return {name for name in names if f"**/{name}" in text}


async def more(town: Town, sent: Sent, said: str) -> str:
    """What a message said so far, and the page that it shows next."""
    page = await town.you.answer(sent, until=lambda it: it["content"] not in said)
    return said + str(page["content"])


async def test_help_is_found_by_what_is_typed(town: Town) -> None:
    async with town.bot():
        found = await town.you.suggestions("help", "topic", "settings mine")
        assert found == [{"name": "/settings mine", "value": "/settings mine"}]
        assert len(await town.you.suggestions("help", "topic", "")) <= 25
        answer = await town.you.answer(await town.you.slash("help", topic="/settings mine"))
        assert "`steps`" in answer["content"]
        answer = await town.you.answer(await town.you.slash("help", topic="the weather"))
        assert "no help about `the weather`" in answer["content"]


def completed(command: Json, path: str = "") -> list[tuple[str, str]]:
    """Every option of a command, or of those below it, that suggests something."""
    name = f"{path} {command['name']}".strip()
    found = []
    for option in command.get("options", ()):
        found += completed(option, name) if option["type"] in (1, 2) else []
        found += [(name, option["name"])] if option.get("autocomplete") else []
    return found


async def test_no_option_suggests_more_than_discord_takes(town: Town) -> None:
    async with town.bot():
        options = [it for command in await town.you.commands() for it in completed(command)]
        assert {("help", "topic"), ("settings mine", "sampler")} <= set(options)
        for name, option in options:
            for typed in ("", "a"):
                assert len(await town.you.suggestions(name, option, typed)) <= 25


async def test_stats_are_told_to_whoever_asks_alone(town: Town) -> None:
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        sent = await town.you.slash("imagine", prompt="a", seed=7)
        await town.you.answer(sent, until=town.is_answer)
        shown: Json = await town.you.answer(await town.you.slash("stats"))
        assert shown["flags"] & 64
        assert "1 picture for 1 person in 1 server" in shown["content"]
        assert "busiest models: sd (1)" in shown["content"]
        assert "1 request, 1 picture, 0 favourites" in shown["content"]
