"""Pictures that were made before: looked through, searched, and posted again."""

import io
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from bot.local_discord.person import Person
from bot.local_discord.wire import Json
from bot.records.models import StoredImage
from tests.bot.conftest import PromptPipeline
from tests.bot.conversation.conftest import Town


def has_seed(message: Json) -> bool:
    return "Seed" in message["content"]


async def make(
    town: Town, pipeline: PromptPipeline, prompt: str, seed: int, count: int = 1
) -> Json:
    pipeline.may_finish.set()
    sent = await town.you.slash("imagine", prompt=prompt, seed=seed, count=count)
    answer = await town.you.answer(sent, until=has_seed)

    async def is_noted() -> bool:
        noted = select(StoredImage).filter_by(message_id=int(answer["id"]))
        return len(await town.ask(noted)) == count

    assert await town.you.until(is_noted)
    return answer


def is_listed(message: Json) -> bool:
    return bool(message["content"])


async def test_history_shows_small_pictures_and_its_pages_turn_after_a_restart(
    town: Town,
) -> None:
    async with town.bot() as pipeline:
        for seed in (10, 20, 30):
            await make(town, pipeline, f"a circle {seed}", seed, count=4)
        sent = await town.you.slash("history")
        shown = await town.you.answer(sent, until=is_listed)
        assert shown["flags"] & 64
        assert "1–9 of 12" in shown["content"]
        assert shown["content"].index("seed 30") < shown["content"].index("seed 20")
        [sheet] = shown["attachments"]
        assert Image.open(io.BytesIO(await town.you.read(sheet))).format == "WEBP"
        assert sheet["description"] == "9 pictures, numbered as in the list"
    async with town.bot():
        await town.you.press(shown, "More ▶")
        turned = await town.you.answer(sent, until=lambda it: "10–12 of 12" in it["content"])
        assert "seed 13" in turned["content"]
        await town.you.press(turned, "◀ Before")
        await town.you.answer(sent, until=lambda it: "1–9 of 12" in it["content"])


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"words": "RED cir"}, {1}),
        ({"words": "circle"}, {1, 2}),
        ({"seed": 3}, {3}),
        ({"words": "circle", "seed": 3}, set()),
        ({"words": "100%"}, {3}),
        ({"words": "%"}, {3}),
        ({"favourites": True}, set()),
    ],
)
async def test_history_is_searched_by_words_and_seed(
    town: Town, options: dict[str, Any], found: set[int]
) -> None:
    async with town.bot() as pipeline:
        for seed, prompt in enumerate(("a red circle", "a blue circle", "a 100% square"), start=1):
            await make(town, pipeline, prompt, seed)
        sent = await town.you.slash("history", **options)
        shown = await town.you.answer(sent, until=is_listed)
        assert {seed for seed in (1, 2, 3) if f"seed {seed}" in shown["content"]} == found
        if not found:
            assert shown["attachments"] == []


async def test_a_picture_is_posted_again_by_its_id_with_settings_and_buttons(town: Town) -> None:
    async with town.bot() as pipeline:
        first = await make(town, pipeline, "a red circle", 7, count=2)
        await make(town, pipeline, "a blue square", 8)
        [choice] = await town.you.suggestions("show", "id", "red")
        assert choice["name"].endswith(" · a red circle")
    async with town.bot() as pipeline:
        for picture_id in (choice["value"], choice["value"][:8]):
            sent = await town.you.slash("show", id=picture_id)
            shown = await town.you.answer(sent, until=has_seed)
            assert not shown["flags"] & 64
            assert shown["id"] != first["id"]
            assert shown["content"] == first["content"]
            assert [it["filename"] for it in shown["attachments"]] == ["7.png", "8.png"]
            assert await town.you.read(shown["attachments"][1]) == b"a red circle 8"
        pipeline.may_finish.set()
        again = await town.you.press(shown, "Again, new seed")
        await town.you.answer(again, until=has_seed)


async def test_favourites_are_found_whoever_asked_for_them(town: Town) -> None:
    async with town.bot() as pipeline, Person.at(town.you.url, "robin") as robin:
        await make(town, pipeline, "a red circle", 7)
        blue = await make(town, pipeline, "a blue square", 8)
        marked = await robin.press(blue, "Favourite")
        await robin.answer(marked, until=lambda it: "favourites" in it["content"])
        nothing = await robin.answer(await robin.slash("history"), until=is_listed)
        assert nothing["attachments"] == []
        shown = await robin.answer(await robin.slash("history", favourites=True), until=is_listed)
        assert "1–1 of 1" in shown["content"]
        assert "a blue square" in shown["content"]


async def test_what_was_deleted_is_not_in_the_history(town: Town) -> None:
    async with town.bot() as pipeline:
        gone = await make(town, pipeline, "a red circle", 7)
        await make(town, pipeline, "a blue square", 8)
        await town.you.press(gone, "Delete")

        async def is_gone() -> bool:
            shown = await town.you.answer(await town.you.slash("history"), until=is_listed)
            return "seed 7" not in shown["content"] and "seed 8" in shown["content"]

        assert await town.you.until(is_gone)


async def test_a_picture_is_posted_from_the_list(town: Town) -> None:
    async with town.bot() as pipeline:
        first = await make(town, pipeline, "a red circle", 7)
        listed = await town.you.answer(await town.you.slash("history"), until=is_listed)
        [select] = [
            it for row in listed["components"] for it in row["components"] if it["type"] == 3
        ]
        sent = await town.you.choose(listed, select["custom_id"], select["options"][0]["value"])
        shown = await town.you.answer(sent, until=has_seed)
        assert shown["content"] == first["content"]


@pytest.mark.parametrize("picture_id", ["nothing", "%", "abcdef012345", "' OR 1=1"])
async def test_what_is_no_picture_is_said_to_whoever_asked_alone(
    town: Town, picture_id: str
) -> None:
    async with town.bot():
        answer = await town.you.answer(await town.you.slash("show", id=picture_id))
        assert answer["flags"] & 64
        assert "picture" in answer["content"]


async def test_a_lost_file_is_a_blank_tile_in_the_list(town: Town) -> None:
    async with town.bot() as pipeline:
        await make(town, pipeline, "a red circle", 7)
        for file in (town.config.folder / "pictures").rglob("*.png"):
            file.unlink()
        listed = await town.you.answer(await town.you.slash("history"), until=is_listed)
        assert len(listed["attachments"]) == 1
        [choice] = await town.you.suggestions("show", "id", "")
        shown = await town.you.answer(
            await town.you.slash("show", id=choice["value"]), until=is_listed
        )
        assert "lost" in shown["content"]
