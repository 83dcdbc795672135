"""`/queue`: what is one's own, and only that, can be cancelled there."""

from sqlalchemy import update

from bot.local_discord.wire import Json
from bot.records.database import open_database
from bot.records.models import Job, JobState, User
from migrations import upgrade
from tests.bot.conversation.conftest import Town

CANCEL = "Cancel one of yours"


def options_of(message: Json) -> list[str]:
    return [
        option["value"]
        for row in message["components"]
        for component in row["components"]
        for option in component.get("options", [])
    ]


async def test_the_queue_shows_ones_own_and_cancels_the_one_that_is_chosen(town: Town) -> None:
    async with town.bot() as pipeline:
        for prompt in ("a *red* circle", "a square"):
            await town.you.slash("imagine", prompt=prompt)
        await town.you.until(lambda: has_submitted(pipeline.submitted, 2))
        sent = await town.you.slash("queue")
        shown = await town.you.answer(sent)
        assert shown["flags"] & 64
        assert "**Yours: 2**" in shown["content"]
        assert r"a \*red\* circle · being made, 50 %" in shown["content"]
        first, second = options_of(shown)
        await town.you.choose(shown, CANCEL, second)
        left = await town.you.answer(sent, until=lambda it: "**Yours: 1**" in it["content"])
        assert options_of(left) == [first]
    async with (
        open_database(town.config.database.url, town.config.folder, upgrade) as database,
        database.reading() as session,
    ):
        assert (await session.get_one(Job, second)).state is JobState.CANCELLED


async def has_submitted(submitted: list[str], count: int) -> bool:
    return len(submitted) == count


async def test_an_empty_queue_says_so_and_offers_nothing(town: Town) -> None:
    async with town.bot():
        shown = await town.you.answer(await town.you.slash("queue"))
        assert "nothing waiting" in shown["content"]
        assert shown["components"] == []


async def test_a_strangers_request_cannot_be_cancelled_from_the_queue(town: Town) -> None:
    async with town.bot() as pipeline:
        asked = await town.you.slash("imagine", prompt="a", seed=7)
        await pipeline.begun.wait()
        sent = await town.you.slash("queue")
        shown = await town.you.answer(sent, until=lambda it: it["components"])
        async with (
            open_database(town.config.database.url, town.config.folder, upgrade) as database,
            database.writing() as session,
        ):
            job = await session.get_one(Job, options_of(shown)[0])
            session.add(User(id=1, name="somebody else", created_at=job.created_at))
            await session.flush()
            await session.execute(update(Job).values(user_id=1))
        await town.you.choose(shown, CANCEL, options_of(shown)[0])
        refusal = await town.you.wait_for_message(lambda it: "Only the one" in it["content"])
        assert refusal["flags"] & 64
        emptied = await town.you.answer(sent, until=lambda it: "nothing waiting" in it["content"])
        assert "Of others: 1 being made" in emptied["content"]
        pipeline.may_finish.set()
        await town.you.answer(asked, until=town.is_answer)
