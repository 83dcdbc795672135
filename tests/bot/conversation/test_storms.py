"""Discord on its worst days: what was accepted is delivered, and delivered once."""

from bot.local_discord.newcomer import GUILD_ID
from bot.records.models import JobState
from tests.bot.conversation.conftest import Town

MONTHS = 90 * 24 * 3600.0  # seconds


async def test_a_storm_of_429s_delays_pictures_and_doubles_none(town: Town) -> None:
    async with town.bot() as pipeline:
        sent = await town.you.slash("imagine", prompt="a", seed=7)
        placeholder = await town.you.answer(sent, until=lambda it: it["components"])
        await town.director.rate_limit("/webhooks/", times=12, retry_after=0.02)
        pipeline.may_finish.set()
        answer = await town.you.answer(sent, until=town.is_answer)
        assert answer["id"] == placeholder["id"]
        await town.becomes(JobState.DELIVERED)
    await town.director.clear_faults()
    assert len(await town.answers()) == 1


async def test_a_post_whose_confirmation_was_lost_is_not_posted_again(town: Town) -> None:
    async with town.bot() as pipeline:
        sent = await town.you.slash("imagine", prompt="a", seed=7)
        await town.you.answer(sent, until=lambda it: it["components"])
        await town.director.advance(16 * 60)
        # It stands there, and the bot hears of a failure: only the nonce keeps it from a second.
        await town.director.fail(502, "/channels/", method="POST", takes_effect=True)
        pipeline.may_finish.set()
        await town.you.wait_for_message(town.is_answer)
        await town.becomes(JobState.DELIVERED)
    assert len(await town.answers()) == 1


async def test_pictures_whose_channel_was_deleted_come_by_direct_message(town: Town) -> None:
    channel = await town.director.add_channel(GUILD_ID, "short-lived")
    async with town.bot() as pipeline:
        await town.you.slash("imagine", prompt="a", seed=7, channel=channel["id"])
        await pipeline.begun.wait()
        await town.director.remove_channel(channel["id"])
        pipeline.may_finish.set()
        dm = await town.you.open_dm()
        await town.you.wait_for_message(town.is_answer, channel=dm)
        await town.becomes(JobState.DELIVERED)


async def test_a_button_works_after_months_and_a_restart(town: Town) -> None:
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        sent = await town.you.slash("imagine", prompt="a", seed=7)
        answer = await town.you.answer(sent, until=town.is_answer)
    await town.director.advance(MONTHS)
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        varied = await town.you.press(answer, "Vary subtle")
        await town.you.answer(varied, until=lambda it: "Seed" in it["content"])
    await town.director.advance(-MONTHS)
