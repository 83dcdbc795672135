"""Masks that are shown and not confirmed yet: what becomes of them, and what cannot."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.intake import pictures
from bot.jobs import picture_sweep
from bot.records.models import User
from tests.bot.conversation.conftest import Town
from tests.bot.conversation.test_inpaint import (
    LEFT_HALF,
    PICTURE,
    is_done,
    is_preview,
    is_private,
    previewed,
    tinted,
)
from tests.local_discord_process import TOKEN
from tests.pipeline.pictures import encoded


async def test_spoilt_ids_are_answered_and_begin_nothing(town: Town) -> None:
    async with town.bot() as pipeline:
        preview = await previewed(town, region="left half")
        draft_id = preview["components"][0]["components"][0]["custom_id"].split(":")[1]
        theirs = await town.you.write("look", files=[PICTURE])
        await town.you.wait_for_command("Inpaint…")
        form = await town.you.modal(await town.you.menu("Inpaint…", theirs))
        offer_id = form["custom_id"].split(":")[1]
        ids = [
            f"draft:{draft_id}:img2img",
            f"draft:{offer_id}:confirm",
            f"draft:{offer_id}:adjust",
            f"draft:{'0' * 24}:confirm",
        ]
        buttons = [
            {"type": 2, "style": 2, "label": str(number), "custom_id": custom_id}
            for number, custom_id in enumerate(ids)
        ]
        async with town.you.session.post(
            f"{town.you.url}/api/v10/channels/{preview['channel_id']}/messages",
            json={"content": "press me", "components": [{"type": 1, "components": buttons}]},
            headers={"Authorization": f"Bot {TOKEN}"},
        ) as response:
            response.raise_for_status()
            message = await response.json()
        for custom_id in ids:
            said = await town.you.answer(await town.you.press(message, custom_id))
            assert "nothing here knows it any more" in said["content"]
        assert pipeline.submitted == []


async def test_what_is_adjusted_beyond_what_can_be_made_is_refused_and_the_draft_stays(
    town: Town,
) -> None:
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        preview = await previewed(town, region="left half")
        for settings, said in (
            ("Mask blur: many", "takes a whole number"),
            ("Hires upscale: 2", "A second pass is for pictures that begin from noise"),
            ("Model: another", "There is no model called `another`"),
            ("Steps: 150, Size: 2048x2048", "and you may ask for"),
        ):
            opened = await town.you.press(preview, "Adjust")
            await town.you.modal(opened)
            await town.you.submit(opened, {"settings": settings})
            assert is_private(await town.hear(said))
        await town.you.answer(await town.you.press(preview, "Paint it"), until=is_done)
    [request] = pipeline.requests
    assert (request.mask_blur, request.num_steps, request.width) == (4, 20, 128)


async def test_a_reply_names_a_place_or_where_that_can_be_found_a_thing(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def find(_: Path, picture: bytes, text: str) -> bytes:
        assert (picture[1:4], text) == (b"PNG", "the hat")
        return encoded(LEFT_HALF)

    monkeypatch.setattr(pictures, "mask_of_text", find)
    async with town.bot():
        bot = (await previewed(town, region="left half"))["author"]["id"]
        await town.you.write(f"<@{bot}> a scarf, mask: left half", files=[PICTURE])
        preview = await town.hear("**a scarf**")
        assert (is_preview(preview), "50 %" in preview["content"]) == (True, True)
        await town.you.write(f"<@{bot}> a scarf mask: the hat", files=[PICTURE])
        assert "`the hat` is no region" in (await town.hear("the hat` is"))["content"]
    with_clipseg = town.config.pipeline.model_copy(update={"clipseg": "somewhere"})
    town.config = town.config.model_copy(update={"pipeline": with_clipseg})
    async with town.bot():
        await town.you.write(f"<@{bot}> a wig mask: the hat", files=[PICTURE])
        preview = await town.hear("**a wig**")
        assert is_preview(preview)
        assert await tinted(town, preview) == (True, False)


async def test_a_bot_that_runs_sweeps_away_what_nothing_needs(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture_sweep, "FIRST", 0.05)
    folder = town.config.storage.folder / "ab"
    orphan = folder / f"{'ab' * 32}.png"
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        sent = await town.you.slash("imagine", prompt="a", seed=7)
        await town.you.answer(sent, until=town.is_answer)
        folder.mkdir(exist_ok=True)
        orphan.write_bytes(b"of a draft")
        days_ago = [datetime.now(UTC) - timedelta(days=days) for days in (2, 9)]
        os.utime(orphan, (days_ago[0].timestamp(), days_ago[0].timestamp()))
        async with town.records() as database, database.writing() as session:
            await session.execute(update(User).values(created_at=days_ago[1]))
    made = {it.name for it in town.config.storage.folder.glob("*/*.png")} - {orphan.name}

    async def is_swept() -> bool:
        return not orphan.exists()

    async with town.bot():
        assert await town.you.until(is_swept)
    assert {it.name for it in town.config.storage.folder.glob("*/*.png")} == made
