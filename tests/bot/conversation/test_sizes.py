"""Pictures larger than Discord takes: smaller files with the same settings, or one sentence."""

from collections.abc import AsyncIterator
from io import BytesIO
from random import Random

import pytest
from PIL import Image, PngImagePlugin

from bot.local_discord.newcomer import GUILD_ID
from bot.local_discord.wire import Json
from bot.records.models import JobState
from pipeline import read_settings
from tests.bot.conversation.conftest import Town

MEGABYTE = 2**20
INFOTEXT = "a noisy picture\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 7, Size: 512x512"


def noise(width: int, height: int) -> bytes:
    """A PNG that hardly shrinks, with its settings inside."""
    pixels = Random(7).randbytes(width * height * 3)
    text = PngImagePlugin.PngInfo()
    text.add_text("parameters", INFOTEXT)
    file = BytesIO()
    picture = Image.frombytes("RGB", (width, height), pixels)
    picture.save(file, "PNG", pnginfo=text, compress_level=1)
    return file.getvalue()


@pytest.fixture
async def small_town(town: Town) -> AsyncIterator[Town]:
    """Discord takes files of 20 kB here."""
    await take(town, 20_000)
    yield town
    await take(town, 10 * MEGABYTE)


async def take(town: Town, limit: int) -> None:
    """So many bytes may a file have: in the server, and for who has more than it anywhere."""
    await town.director.set_attachment_limit(GUILD_ID, limit)
    await town.director.set_persons_attachment_limit("you", limit)


async def test_a_picture_that_is_too_large_as_png_comes_as_webp_with_its_settings(
    small_town: Town,
) -> None:
    async with small_town.bot() as pipeline:
        pipeline.picture = noise(128, 128)
        assert len(pipeline.picture) > 20_000
        pipeline.may_finish.set()
        sent = await small_town.you.slash("imagine", prompt="a", seed=7)
        answer = await small_town.you.answer(sent, until=lambda it: "Seed" in it["content"])
        [attachment] = answer["attachments"]
        file = await small_town.you.read(attachment)
    assert attachment["filename"] == "7.webp"
    assert len(file) <= 20_000
    assert read_settings(file) == INFOTEXT
    with Image.open(BytesIO(file)) as picture:
        assert (picture.format, picture.size) == ("WEBP", (128, 128))


async def test_a_picture_that_was_small_enough_where_it_was_asked_for_comes_smaller_elsewhere(
    town: Town,
) -> None:
    async with town.bot() as pipeline:
        pipeline.picture = noise(128, 128)
        sent = await town.you.slash("imagine", prompt="a", seed=7)
        await pipeline.begun.wait()
        await town.director.revoke(sent)
        # Nobody tells the bot: it hears of it when it posts.
        await town.director.set_attachment_limit(GUILD_ID, 20_000)
        pipeline.may_finish.set()
        answer = await town.you.wait_for_message(
            lambda it: [one["filename"] for one in it["attachments"]] == ["7.webp"]
        )
        assert answer["attachments"][0]["size"] <= 20_000
        await town.becomes(JobState.DELIVERED)
    await town.director.set_attachment_limit(GUILD_ID, 10 * MEGABYTE)


async def test_in_a_boosted_server_a_large_picture_stays_as_it_is_until_the_boosts_are_gone(
    town: Town,
) -> None:
    large = noise(1900, 1900)
    assert len(large) > 10 * MEGABYTE
    await town.director.boost(GUILD_ID, 2)
    async with town.bot() as pipeline:
        pipeline.picture = large
        pipeline.may_finish.set()
        sent = await town.you.slash("imagine", prompt="a", seed=7)
        answer = await town.you.answer(sent, until=town.is_answer)
        assert answer["attachments"][0]["size"] == len(large)

        async def late(name: str) -> Json:
            """The answer to a request whose token died: its channel has the server's limit."""
            pipeline.may_finish.clear()
            sent = await town.you.slash("imagine", prompt="a", seed=7)
            placeholder = await town.you.answer(sent, until=lambda it: it["components"])
            await town.director.revoke(sent)
            pipeline.may_finish.set()
            return await town.you.wait_for_message(
                lambda it: int(it["id"]) > int(placeholder["id"]) and names_of(it) == [name],
                patience=60.0,
            )

        assert (await late("7.png"))["attachments"][0]["size"] == len(large)
        await town.director.boost(GUILD_ID, 0)
        assert (await late("7.webp"))["attachments"][0]["size"] <= 10 * MEGABYTE


def names_of(message: Json) -> list[str]:
    return [it["filename"] for it in message["attachments"]]


async def test_pictures_that_cannot_be_made_small_enough_are_said_to_be_too_large(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    await take(town, 20)
    async with town.bot() as pipeline:
        pipeline.picture = noise(8, 8)
        pipeline.may_finish.set()
        sent = await town.you.slash("imagine", prompt="a", seed=7)
        await town.you.answer(sent, until=lambda it: "too large for Discord" in it["content"])
        await town.becomes(JobState.FAILED)
    assert not [record for record in caplog.records if record.exc_info]
    await take(town, 10 * MEGABYTE)


@pytest.mark.slow
async def test_a_picture_of_30_mb_is_delivered_where_10_mib_are_taken(town: Town) -> None:
    async with town.bot() as pipeline:
        pipeline.picture = noise(3200, 3200)
        assert len(pipeline.picture) > 30e6
        pipeline.may_finish.set()
        sent = await town.you.slash("imagine", prompt="a", seed=7)
        answer = await town.you.answer(
            sent, until=lambda it: "Seed" in it["content"], patience=120.0
        )
        file = await town.you.read(answer["attachments"][0])
    assert 5 * MEGABYTE < len(file) <= 10 * MEGABYTE
    assert read_settings(file) == INFOTEXT
