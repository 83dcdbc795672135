"""From a typed prompt to a picture with its settings, through every process there is."""

import asyncio
import io
import json
from collections.abc import Iterator

import pytest
from PIL import Image

from bot.local_discord.director import Director
from bot.local_discord.person import Person
from tests.end_to_end.conftest import START_TIME, Bot


@pytest.fixture(autouse=True, scope="module")
def started(bot: Bot) -> Iterator[None]:
    bot.start()
    yield
    assert bot.end() == 0, "SIGTERM is an ordinary end"
    assert "Traceback" not in bot.log


async def test_a_prompt_becomes_pictures_with_their_settings_and_a_record(
    bot: Bot, you: Person, director: Director
) -> None:
    await director.wait_until_online(patience=START_TIME)
    await you.wait_for_command("imagine")
    sent = await you.slash(
        "imagine",
        prompt="a red circle, ünïcödé 🔴",
        size="3:2",
        steps=12,
        sampler="DPM++ 2M Karras",
        seed=4294967290,
        count=2,
    )
    shown = await you.answer(sent, until=lambda it: it["attachments"], patience=START_TIME)
    assert shown["attachments"][0]["filename"] == "preview.webp"
    assert " %" in shown["content"]
    answer = await you.answer(
        sent, until=lambda it: len(it["attachments"]) == 2, patience=START_TIME
    )
    assert answer["id"] == shown["id"]

    for attachment, seed in zip(answer["attachments"], (4294967290, 4294967291), strict=True):
        picture = Image.open(io.BytesIO(await you.read(attachment)))
        assert picture.size == (160, 104)
        infotext = picture.info["parameters"]
        assert infotext.startswith("a red circle, ünïcödé 🔴\n")
        assert f"Seed: {seed}" in infotext
        assert "Steps: 12" in infotext
        assert "DPM++ 2M" in infotext

    async def is_recorded() -> bool:
        return bot.ask("SELECT state FROM jobs") == [("delivered",)]

    assert await you.until(is_recorded)
    rows = bot.ask(
        "SELECT seed, settings, message_id, file_hash FROM generated_images ORDER BY [index]"
    )
    assert [(seed, message_id) for seed, _, message_id, _ in rows] == [
        (4294967290, int(answer["id"])),
        (4294967291, int(answer["id"])),
    ]
    assert json.loads(rows[0][1])["sampler"] == "dpmpp_2m"
    for _, _, _, file_hash in rows:
        assert (bot.folder / "data" / "pictures" / file_hash[:2] / f"{file_hash}.png").exists()


async def test_a_cancelled_request_stops_and_leaves_room_for_the_next(
    bot: Bot, you: Person, director: Director
) -> None:
    sent = await you.slash("imagine", prompt="a blue square", steps=150, count=4)
    shown = await you.answer(sent, until=lambda it: "%" in it["content"], patience=START_TIME)
    await you.press(shown, "Cancel")
    answer = await you.answer(sent, until=lambda it: it["content"] == "Cancelled.")
    assert answer["attachments"] == []

    again = await you.press(answer, "Again, new seed")
    shown = await you.answer(again, until=lambda it: "%" in it["content"], patience=START_TIME)
    await you.press(shown, "Cancel")
    await you.answer(again, until=lambda it: it["content"] == "Cancelled.")


async def test_several_requests_at_once_are_each_answered_with_their_own(
    you: Person, director: Director
) -> None:
    sent = [
        await you.slash("imagine", prompt="a circle", steps=5, seed=seed)
        for seed in (10, 20, 30, 40)
    ]
    answers = await asyncio.gather(
        *(
            you.answer(it, until=lambda it: "Seed" in it["content"], patience=START_TIME)
            for it in sent
        )
    )
    assert [it["attachments"][0]["filename"] for it in answers] == [
        "10.png",
        "20.png",
        "30.png",
        "40.png",
    ]
