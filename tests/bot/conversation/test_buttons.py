"""What the buttons under pictures do, for whom, and after restarts."""

from typing import Any

import pytest
from discord import MessageFlags
from sqlalchemy import select

from bot.local_discord.wire import Json
from bot.records.models import Derivation, Favourite, JobState
from pipeline import GenerationFailed
from tests.bot.conversation.conftest import Town


async def pictures(town: Town, **options: Any) -> Json:
    """A message with pictures, from a life of the bot that is over."""
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        sent = await town.you.slash("imagine", **{"prompt": "a", "seed": 7, **options})
        return await town.you.answer(sent, until=lambda it: "Seed" in it["content"])


def is_for_one(message: Json) -> bool:
    return MessageFlags._from_value(message["flags"]).ephemeral


async def test_a_variation_keeps_the_seed_of_its_picture_and_remembers_where_it_came_from(
    town: Town,
) -> None:
    answer = await pictures(town, count=3)
    parent = (await town.job()).id
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        for label, strength in (("Vary 2 subtle", 0.12), ("Vary 3 strong", 0.45)):
            sent = await town.you.press(answer, label)
            varied = await town.you.answer(sent, until=lambda it: "Seed" in it["content"])
            assert varied["id"] != answer["id"]
            [request] = [it for it in pipeline.requests if it.variation_strength == strength]
            assert varied["attachments"][0]["filename"] == f"{request.seeds[0]}.png"
            assert request.seeds == (int(label[5]) + 6,)
            [derivation] = await town.ask(select(Derivation).filter_by(job_id=request.id))
            assert (derivation.parent_id, derivation.parent_index) == (parent, int(label[5]) - 1)
    subtle, strong = pipeline.requests
    assert subtle.variation_seed != strong.variation_seed


async def test_settings_are_shown_to_whoever_asks_as_text_to_copy(town: Town) -> None:
    answer = await pictures(town, count=2)
    async with town.bot():
        shown = await town.you.answer(await town.you.press(answer, "Settings"))
    assert shown["content"] == "```\ninfotext 7\n```\n```\ninfotext 8\n```"
    assert is_for_one(shown)


async def test_settings_too_long_for_a_message_come_as_a_file(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.commands.picture_buttons.MAX_CONTENT", 10)
    answer = await pictures(town)
    async with town.bot():
        sent = await town.you.press(answer, "Settings")
        shown = await town.you.answer(sent, until=lambda it: it["attachments"])
        assert await town.you.read(shown["attachments"][0]) == b"infotext 7"


async def test_a_favourite_is_taken_in_and_out(town: Town) -> None:
    answer = await pictures(town, count=2)
    async with town.bot():
        for said, expected in (("Among your", [1]), ("No longer", [])):
            sent = await town.you.press(answer, "Favourite 2")
            shown = await town.you.answer(sent, until=lambda it: it["content"])
            assert said in shown["content"]
            assert is_for_one(shown)
            assert [it.index for it in await town.ask(select(Favourite))] == expected


async def test_whoever_asked_deletes_their_pictures_and_nothing_is_posted_again(
    town: Town,
) -> None:
    answer = await pictures(town)
    async with town.bot():
        await town.you.press(answer, "Delete")

        async def is_gone() -> bool:
            return answer["id"] not in [it["id"] for it in await town.you.messages()]

        assert await town.you.until(is_gone)
    async with town.bot() as pipeline:
        job = await town.becomes(JobState.DELIVERED)
        assert {it.message_id for it in await town.images(job)} == {None}
    assert pipeline.submitted == []
    assert await town.answers() == []


async def test_buttons_of_a_job_that_nobody_knows_any_more_say_so(town: Town) -> None:
    answer = await pictures(town)
    await town.forget_everything()
    async with town.bot():
        for label in ("Again, new seed", "Vary subtle", "Settings", "Favourite", "Delete"):
            said = await town.you.answer(await town.you.press(answer, label))
            assert "no record of these pictures" in said["content"]
            assert is_for_one(said)


async def test_a_failure_can_be_tried_again(town: Town) -> None:
    async with town.bot() as pipeline:
        pipeline.error = GenerationFailed("The model gave no picture.")
        pipeline.may_finish.set()
        sent = await town.you.slash("imagine", prompt="a", seed=7)
        said = await town.you.answer(sent, until=lambda it: "no picture" in it["content"])
    labels = [it["label"] for row in said["components"] for it in row["components"]]
    assert labels == ["Again, new seed", "Edit"]
