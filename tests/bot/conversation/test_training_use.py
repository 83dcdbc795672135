"""What was learned, used by somebody else than whoever trained it."""

from sqlalchemy import select, update

from bot.local_discord.newcomer import ROBIN_ID
from bot.local_discord.person import Person
from bot.records.models import StoredArtifact
from bot.records.people import People
from pipeline import GenerationFailed
from tests.bot.conversation.conftest import Town
from tests.bot.conversation.lit import Hearth
from tests.bot.records.past import learned


async def test_what_was_learned_is_meant_there_although_one_has_something_of_that_name(
    town: Town,
) -> None:
    async with town.bot() as pipeline, Person.at(town.you.url, "robin") as robin:
        pipeline.may_finish.set()
        hearth = Hearth(town, pipeline)
        end = await hearth.learn()
        async with town.records() as database, database.writing() as session:
            trained = await session.scalar(select(StoredArtifact.id))
            await session.execute(update(StoredArtifact).values(is_public=True))
            await People(session).meet_user(int(ROBIN_ID), "robin")
            session.add(learned(int(ROBIN_ID), "zuk"))
        form = await robin.press(end, "Use it now")
        fields = [it["component"] for it in (await robin.modal(form))["components"]]
        values = {it["custom_id"]: it.get("value", "") for it in fields}
        await robin.answer(
            await robin.submit(form, values), until=lambda it: "Seed" in it["content"]
        )
        assert [it.id for it in pipeline.requests[-1].artifacts] == [trained]
        for channel, meant in ((hearth.thread, trained), ("imagine", "a" * 23 + "0")):
            sent = await robin.slash("imagine", prompt="a zuk on a hill", channel=channel)
            await robin.answer(sent, until=lambda it: "Seed" in it["content"])
            assert [it.id for it in pipeline.requests[-1].artifacts] == [meant]


async def test_a_training_of_which_nothing_is_sound_begins_anew_by_its_form(town: Town) -> None:
    async with town.bot() as pipeline:
        hearth, you = Hearth(town, pipeline), town.you
        await hearth.light()
        await hearth.furnace.reach(3)
        hearth.furnace.error = GenerationFailed("It became NaN.")
        await hearth.furnace.reach(30)
        form = await you.press(
            await hearth.hear("ended without a result"), "Go on from a snapshot…"
        )
        shown = (await you.modal(form))["components"]
        assert shown[0]["description"] == "0 is the very beginning. There are: 0"
        values = {it["component"]["custom_id"]: it["component"]["value"] for it in shown}
        assert values["snapshot"] == "0"
        hearth.furnace.error = None
        sent = await you.submit(form, values)
        await you.answer(sent, until=lambda it: "begins anew" in it["content"])
        await hearth.furnace.reach(30)
        await hearth.hear("is learned, in 30 steps")
