"""Several people with different roles: what each may do, see and ask for."""

from bot.config import LimitsConfig, RoleLimits
from bot.local_discord.newcomer import CHANNEL_ID, GUILD_ID, ROBIN_ID
from bot.local_discord.permissions import VIEW_CHANNEL
from bot.local_discord.person import Person
from bot.local_discord.wire import Json
from tests.bot.conversation.conftest import Town


def has_seed(message: Json) -> bool:
    return "Seed" in message["content"]


async def test_how_much_one_may_ask_for_is_told_and_depends_on_ones_roles(town: Town) -> None:
    limits = LimitsConfig(
        max_waiting=1, max_work=6.0, roles={"Patrons": RoleLimits(max_waiting=2, max_work=20.0)}
    )
    town.config = town.config.model_copy(update={"limits": limits})
    role = await town.director.add_role(GUILD_ID, "Patrons")
    await town.director.give_role(GUILD_ID, "robin", role["id"])
    async with town.bot() as pipeline, Person.at(town.you.url, "robin") as robin:
        pipeline.may_begin.clear()
        for person, max_waiting, most in ((town.you, 1, "6"), (robin, 2, "20")):
            sent = await person.slash("imagine", prompt="a", steps=150)
            said = await person.answer(sent, until=lambda it: "would fit" in it["content"])
            assert f"you may ask for {most} at once" in said["content"]
            assert said["flags"] & 64
            for _ in range(max_waiting):
                sent = await person.slash("imagine", prompt="a", size="64x64")
                await person.answer(sent, until=lambda it: "place" in it["content"])
            sent = await person.slash("imagine", prompt="a", size="64x64")
            said = await person.answer(sent, until=lambda it: "as many as you may" in it["content"])
            assert f"You have {max_waiting} request" in said["content"]
            assert said["flags"] & 64
            told = await person.answer(await person.slash("help", topic="limits"))
            assert f"at the same time: **{max_waiting}**" in told["content"]
    await town.director.take_role(GUILD_ID, "robin", role["id"])


async def test_a_button_takes_nobody_past_their_limits(town: Town) -> None:
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        sent = await town.you.slash("imagine", prompt="a", seed=7)
        answer = await town.you.answer(sent, until=town.is_answer)
    town.config = town.config.model_copy(update={"limits": LimitsConfig(max_per_hour=1)})
    async with town.bot(), Person.at(town.you.url, "robin") as robin:
        sent = await town.you.press(answer, "Again, new seed")
        said = await town.you.answer(sent, until=lambda it: "within an hour" in it["content"])
        assert "asked for pictures once within an hour" in said["content"]
        # What one person did is nothing to another.
        sent = await robin.press(answer, "Again, new seed")
        await robin.answer(sent, until=lambda it: "%" in it["content"])


async def test_a_servers_settings_are_for_its_managers_to_change_and_hold_for_all(
    town: Town,
) -> None:
    url = town.you.url
    async with (
        town.bot() as pipeline,
        Person.at(url, "robin") as robin,
        Person.at(url, "sage") as sage,
    ):
        sent = await robin.slash("settings server", steps=44)
        refusal = await robin.answer(sent)
        assert "Manage Server" in refusal["content"]
        sent = await robin.slash("settings reset", whose="server")
        assert "Manage Server" in (await robin.answer(sent))["content"]
        sent = await sage.slash("settings server", steps=33)
        assert "`steps` **33** · this server's" in (await sage.answer(sent))["content"]

        pipeline.may_finish.set()
        sent = await robin.slash("imagine", prompt="a", seed=7)
        answer = await robin.answer(sent, until=has_seed)
        assert "33 steps" in answer["content"]
        # In another server it does not hold.
        sent = await robin.slash("imagine", prompt="a", seed=7, channel="studio")
        answer = await robin.answer(sent, until=has_seed)
        assert "20 steps" in answer["content"]


async def test_the_queue_lists_nobody_elses_requests_but_counts_them(town: Town) -> None:
    async with town.bot() as pipeline, Person.at(town.you.url, "robin") as robin:
        await town.you.slash("imagine", prompt="a secret wish")
        await pipeline.begun.wait()
        seen = await robin.answer(await robin.slash("queue"))
        assert "nothing waiting" in seen["content"]
        assert "secret" not in seen["content"]
        assert "Of others: 1 being made" in seen["content"]
        assert seen["components"] == []


async def test_a_picture_is_shown_to_those_who_see_the_channel_it_was_made_in(
    town: Town,
) -> None:
    async with town.bot() as pipeline, Person.at(town.you.url, "robin") as robin:
        pipeline.may_finish.set()
        sent = await town.you.slash("imagine", prompt="a", seed=7)
        first = await town.you.answer(sent, until=town.is_answer)
        [choice] = await town.you.suggestions("show", "id", "")
        assert await robin.suggestions("show", "id", "") == []

        shown = await robin.answer(
            await robin.slash("show", id=choice["value"], channel="lounge"), until=has_seed
        )
        assert shown["content"] == first["content"]
        elsewhere = await robin.answer(
            await robin.slash("show", id=choice["value"], channel="studio")
        )
        assert "no picture" in elsewhere["content"]
        await town.director.overwrite(CHANNEL_ID, ROBIN_ID, deny=VIEW_CHANNEL)
        try:
            sent = await robin.slash("show", id=choice["value"], channel="lounge")
            assert "no picture" in (await robin.answer(sent))["content"]
        finally:
            await town.director.overwrite(CHANNEL_ID, ROBIN_ID)
