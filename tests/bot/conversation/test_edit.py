"""Edit: a modal with everything filled in, answered whenever it comes back."""

from typing import Any

import pytest
from discord import MessageFlags
from sqlalchemy import select

from bot.local_discord.person import Sent
from bot.local_discord.wire import Json
from bot.records.models import Derivation, Job
from tests.bot.conversation.conftest import Town


@pytest.fixture
async def answer(town: Town) -> Json:
    """Two pictures, from a life of the bot that is over."""
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        options: dict[str, Any] = {
            "negative_prompt": "blue",
            "steps": 33,
            "sampler": "DPM++ 2M Karras",
        }
        sent = await town.you.slash("imagine", prompt="a *red* circle", seed=7, count=2, **options)
        return await town.you.answer(sent, until=lambda it: "Seed" in it["content"])


async def opened(town: Town, answer: Json) -> tuple[Sent, Json]:
    sent = await town.you.press(answer, "Edit")
    return sent, await town.you.modal(sent)


async def test_the_modal_has_every_setting_filled_in(town: Town, answer: Json) -> None:
    async with town.bot():
        _, modal = await opened(town, answer)
    fields = [label["component"] for label in modal["components"]]
    assert {field["custom_id"]: field.get("value") for field in fields} == {
        "prompt": "a *red* circle",
        "negative_prompt": "blue",
        "size": "512x512",
        "settings": "Steps: 33, CFG scale: 7, Sampler: DPM++ 2M, Schedule type: karras, Seed: 7",
        "advanced": None,
    }


async def test_a_modal_opened_before_a_restart_is_answered(town: Town, answer: Json) -> None:
    async with town.bot():
        sent, _ = await opened(town, answer)
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        changes = {"prompt": "a green square", "advanced": "Clip skip: 2"}
        edited = await town.you.submit(sent, changes)
        shown = await town.you.answer(edited, until=lambda it: "Seed" in it["content"])
        assert shown["id"] != answer["id"]
        assert "a green square" in shown["content"]
    [request] = pipeline.requests
    assert (request.clip_skip, request.num_steps, request.seeds) == (2, 33, (7, 8))
    first, second = await town.ask(select(Job).order_by(Job.created_at))
    [derivation] = await town.ask(select(Derivation))
    assert (derivation.job_id, derivation.parent_id) == (second.id, first.id)
    assert derivation.action == "edit"


async def test_what_cannot_be_followed_is_said_to_whoever_wrote_it_alone(
    town: Town, answer: Json
) -> None:
    async with town.bot() as pipeline:
        for changes, named in (
            ({"settings": "Steps: 1000"}, "1,000 steps"),
            ({"size": "as you like"}, "as you like"),
            ({"advanced": "Magic: 3"}, "Magic"),
        ):
            sent, _ = await opened(town, answer)
            said = await town.you.answer(await town.you.submit(sent, changes))
            assert named in said["content"]
            assert MessageFlags._from_value(said["flags"]).ephemeral
    assert pipeline.submitted == []


async def test_a_modal_of_a_job_that_nobody_knows_any_more_is_answered(
    town: Town, answer: Json
) -> None:
    async with town.bot():
        sent, _ = await opened(town, answer)
    await town.forget_everything()
    async with town.bot():
        said = await town.you.answer(await town.you.submit(sent, {}))
        assert "no record of these pictures" in said["content"]
