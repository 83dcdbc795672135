"""What one brings along: kept, shared with others, withdrawn, named, and given away as a file."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from bot.local_discord import permissions
from bot.local_discord.newcomer import GUILD_ID, YOU_ID
from bot.local_discord.person import File, Person
from bot.local_discord.wire import Json
from bot.records.models import Guild, GuildShare, StoredArtifact
from bot.records.people import People
from tests.bot.conftest import PromptPipeline
from tests.bot.conversation.conftest import Town
from tests.bot.conversation.learning import ask, learning
from tests.bot.conversation.test_info import picture as picture_with
from tests.bot.learned_files import embedding_file
from tests.bot.records.past import learned

SETTINGS = "Steps: 12, Sampler: Euler a, CFG scale: 5, Seed: 7, Size: 64x64"


@pytest.fixture
def town(town: Town) -> Town:
    return learning(town)


@asynccontextmanager
async def elsewhere(town: Town, name: str, friend: str) -> AsyncIterator[tuple[Person, Json]]:
    """Somebody who shares no server with "you" but a second one, which "you" are in as well."""
    guild = await town.director.add_guild(name, YOU_ID)
    await town.director.add_channel(guild["id"], f"in-{name}")
    await town.director.add_person(friend, guild["id"])
    async with Person.at(town.you.url, friend) as person:
        yield person, guild


async def bring(town: Town, name: str, first: float = 1.0, person: Person | None = None) -> None:
    file = File(f"{name}.safetensors", embedding_file(first=first))
    said = await ask(person or town.you, "artifact import", file=file)
    assert "Kept, for you alone" in said["content"], said["content"]


def names_of(pipeline: PromptPipeline) -> list[str]:
    """What the newest request calls by name."""
    return [it.name for it in pipeline.requests[-1].artifacts]


async def draw(person: Person, prompt: str, channel: str = "imagine") -> Json:
    sent = await person.slash("imagine", channel=channel, prompt=prompt, seed=7)
    return await person.answer(sent, until=lambda it: "Seed" in it["content"] or it["flags"] & 64)


async def test_what_one_shares_somebody_in_another_server_draws_with_until_it_is_withdrawn(
    town: Town,
) -> None:
    async with (
        town.bot() as pipeline,
        elsewhere(town, "café", "noor") as (noor, _),
    ):
        pipeline.may_finish.set()
        await bring(town, "my-cat")
        said = await draw(noor, "a you/my-cat", "in-café")
        assert "is nothing that you may use here" in said["content"]
        said = await ask(town.you, "artifact share", name="my-cat", server="the moon")
        assert "You and I are not both in a server called `the moon`" in said["content"]
        said = await ask(noor, "artifact share", "in-café", name="my-cat")
        assert "There is no such thing that you may use here" in said["content"]
        said = await ask(town.you, "artifact share", name="my-cat", server="café")
        assert "You share it with café" in said["content"]
        [there] = await town.you.suggestions("artifact unshare", "server", "ca", name="my-cat")
        assert there["name"] == "café"
        picture = await draw(noor, "a my-cat on a hill", "in-café")
        assert names_of(pipeline) == ["my-cat"]
        listed = await ask(noor, "artifact list", "in-café")
        assert "you/my-cat" in listed["content"]
        said = await ask(town.you, "artifact unshare", name="my-cat")
        assert "Only you may use it" in said["content"]
        said = await draw(noor, "a my-cat in a boat", "in-café")
        assert "`you/my-cat` is not shared with you any more" in said["content"]
        assert said["flags"] & 64
        again = await noor.press(picture, "Again, new seed")
        said = await noor.answer(again, until=lambda it: it["flags"] & 64)
        assert "`you/my-cat` is not shared with you any more" in said["content"]
        assert len(pipeline.requests) == 1
        # Her own word, once she knows.
        await draw(noor, "a my-cat in a boat", "in-café")
        assert names_of(pipeline) == []


async def test_what_is_shared_here_is_found_and_named_and_its_buttons_are_its_owners(
    town: Town,
) -> None:
    async with town.bot() as pipeline, Person.at(town.you.url, "robin") as robin:
        pipeline.may_finish.set()
        await bring(town, "my-hat")
        info = await ask(town.you, "artifact info", name="my-hat")
        assert info["flags"] & 64
        assert "In the prompt: `a picture of my-hat`" in info["content"]
        assert "Stable Diffusion 1 · made with demo" in info["content"]
        assert f"{len(embedding_file()) / 1000:.1f} KB" in info["content"]
        assert "Only you may use it" in info["content"]
        pressed = await town.you.press(info, "Share with this server")
        shared = await town.you.answer(pressed, until=lambda it: "You share it" in it["content"])
        [offered] = await robin.suggestions("artifact info", "name", "hat")
        assert offered["value"] == "you/my-hat"
        theirs = await ask(robin, "artifact info", name=offered["value"])
        assert "you shares it with you" in theirs["content"]
        assert theirs["components"] == []
        assert await robin.suggestions("artifact share", "name", "hat") == []
        for command, options in (
            ("share", {"whom": "everyone"}),
            ("unshare", {}),
            ("rename", {"new_name": "mine"}),
            ("delete", {}),
            ("export", {}),
        ):
            said = await ask(robin, f"artifact {command}", name="you/my-hat", **options)
            assert "only its owner can do that" in said["content"]
        pressed = await town.you.press(shared, "Share by a code")
        by_code = await town.you.answer(pressed, until=lambda it: "the code" in it["content"])
        pressed = await town.you.press(by_code, "Share with nobody")
        await town.you.answer(pressed, until=lambda it: "Only you may use it" in it["content"])
        said = await ask(robin, "artifact list")
        assert "nothing yet that you may use here" in said["content"]


async def test_who_manages_a_server_says_what_is_shared_there(town: Town) -> None:
    role = await town.director.add_role(GUILD_ID, "Wardens", permissions.MANAGE_GUILD)
    await town.director.give_role(GUILD_ID, "robin", role["id"])
    async with (
        town.bot() as pipeline,
        elsewhere(town, "library", "ada") as (ada, _),
        Person.at(town.you.url, "robin") as robin,
    ):
        pipeline.may_finish.set()
        await bring(town, "my-owl")
        for server in ("library", None):
            options = {"server": server} if server else {}
            await ask(town.you, "artifact share", name="my-owl", **options)
        [offered] = await robin.suggestions("artifact unshare", "name", "owl")
        assert await robin.suggestions("artifact rename", "name", "owl") == []
        said = await ask(robin, "artifact unshare", name=offered["value"], server="library")
        assert "only its owner can do that" in said["content"]
        said = await ask(robin, "artifact unshare", name=offered["value"])
        assert "`my-owl` is not shared with this server any more" in said["content"]
        assert await robin.suggestions("artifact unshare", "name", "owl") == []
        await draw(ada, "a my-owl", "in-library")
        assert names_of(pipeline) == ["my-owl"]
        info = await ask(town.you, "artifact info", name="my-owl")
        assert "You share it with library" in info["content"]
    await town.director.remove_role(GUILD_ID, role["id"])


async def test_who_has_the_code_may_use_it_anywhere_for_as_long_as_it_holds(town: Town) -> None:
    async with town.bot() as pipeline, elsewhere(town, "bistro", "ines") as (ines, _):
        pipeline.may_finish.set()
        await bring(town, "my-dog")
        said = await ask(town.you, "artifact share", name="my-dog", whom="code")
        code = said["content"].partition("the code `")[2].partition("`")[0]
        said = await ask(ines, "artifact use", "in-bistro", code="nothing")
        assert "Nothing is shared by this code" in said["content"]
        said = await ask(ines, "artifact use", "in-bistro", code=code)
        assert "You may use this now" in said["content"]
        await draw(ines, "my-dog", await ines.open_dm())
        assert names_of(pipeline) == ["my-dog"]
        await ask(town.you, "artifact unshare", name="my-dog", whom="code")
        said = await draw(ines, "my-dog", "in-bistro")
        assert "not shared with you any more" in said["content"]


async def test_a_name_that_two_share_is_asked_about_and_the_same_again_is_not(town: Town) -> None:
    async with (
        town.bot() as pipeline,
        Person.at(town.you.url, "robin") as robin,
        Person.at(town.you.url, "sage") as sage,
    ):
        pipeline.may_finish.set()
        for person, first in ((town.you, 1.0), (robin, 2.0)):
            await bring(town, "my-fox", first, person)
            await ask(person, "artifact share", name="my-fox")
        sent = await sage.slash("imagine", prompt="a my-fox", seed=7)
        which = await sage.answer(sent, until=lambda it: "Which one" in it["content"])
        [select] = [it for row in which["components"] for it in row["components"]]
        assert [it["label"] for it in select["options"]] == [
            "you/my-fox · Embedding · Stable Diffusion 1",
            "robin/my-fox · Embedding · Stable Diffusion 1",
        ]
        robins = select["options"][1]["value"]
        chosen = await sage.choose(which, select["custom_id"], robins)
        made = await sage.answer(chosen, until=lambda it: "Seed" in it["content"])
        assert [it.id for it in pipeline.requests[-1].artifacts] == [robins]
        again = await sage.press(made, "Again, new seed")
        await sage.answer(again, until=lambda it: "Seed" in it["content"])
        assert [it.id for it in pipeline.requests[-1].artifacts] == [robins]
        # What is written says whose is meant, where nobody can be asked.
        written = await sage.write(f"<@{which['author']['id']}> a my-fox", reply_to=made)
        said = await sage.wait_for_message(
            lambda it: int(it["id"]) > int(written["id"]) and "Several things" in it["content"]
        )
        assert "`you/my-fox`, `robin/my-fox`" in said["content"]


async def test_a_picture_is_made_again_from_its_settings_with_what_was_learned(town: Town) -> None:
    async with town.bot() as pipeline, Person.at(town.you.url, "robin") as robin:
        pipeline.may_finish.set()
        await bring(town, "my-hat")
        settings = f"a you/my-hat\n{SETTINGS}, TI hashes: you/my-hat: 0123456789ab"
        picture = File("hat.png", picture_with(settings))
        for person, is_known in ((town.you, True), (robin, False)):
            sent = await person.slash("info", picture=picture)
            shown = await person.answer(sent, until=lambda it: it["components"])
            assert ("The embedding `you/my-hat` is not here" in shown["content"]) is not is_known
            if is_known:
                again = await person.press(shown, "Make it again")
                await person.answer(again, until=town.is_answer)
        assert names_of(pipeline) == ["you/my-hat"]


async def test_a_model_that_one_trained_is_chosen_as_any_other_until_it_is_deleted(
    town: Town,
) -> None:
    async with town.bot() as pipeline:
        pipeline.may_finish.set()
        await bring(town, "my-elk")
        # As if it were a model: one of those is larger than what Discord takes.
        async with town.records() as database, database.writing() as session:
            await session.execute(update(StoredArtifact).values(kind="checkpoint"))
        offered = await town.you.suggestions("imagine", "model", "elk")
        assert [it["value"] for it in offered] == ["my-elk"]
        said = await ask(town.you, "model", name="my-elk")
        assert "**my-elk** makes your pictures" in said["content"]
        made = await draw(town.you, "a hat")
        [request] = pipeline.requests
        assert request.model == "my-elk"
        assert request.checkpoint
        assert request.checkpoint.base == "demo"
        assert "my-elk" in (await ask(town.you, "settings mine", steps=30))["content"]
        asked = await ask(town.you, "artifact delete", name="my-elk")
        pressed = await town.you.press(asked, "Delete it")
        await town.you.answer(pressed, until=lambda it: "is deleted" in it["content"])
        said = await draw(town.you, "a hat")
        assert "Your own default for `model` is `my-elk`, which cannot be" in said["content"]
        again = await town.you.press(made, "Again, new seed")
        said = await town.you.answer(again, until=lambda it: it["flags"] & 64)
        assert "`you/my-elk` was deleted by its owner" in said["content"]


async def test_a_long_list_is_turned_and_searched_and_shows_what_is_chosen(town: Town) -> None:
    async with town.bot():
        async with town.records() as database, database.writing() as session:
            await People(session).meet_user(int(YOU_ID), "you")
            session.add_all(learned(int(YOU_ID), f"hat-{n}", n) for n in range(1, 24))
        listed = await ask(town.you, "artifact list")
        assert "**1–10 of 23**" in listed["content"]
        assert listed["content"].index("hat-23") < listed["content"].index("hat-14")
        sent = await town.you.press(listed, "More ▶")
        turned = await town.you.answer(sent, until=lambda it: "11–20 of 23" in it["content"])
        selects = [it for row in turned["components"] for it in row["components"]]
        sent = await town.you.choose(turned, "artifact:show", selects[0]["options"][3]["value"])
        await town.you.answer(sent, until=lambda it: "**you/hat-10** · Embedding" in it["content"])
        found = await ask(town.you, "artifact list", words="HAT-2")
        assert "**1–5 of 5**" in found["content"]
        assert "Nothing that you" in (await ask(town.you, "artifact list", words="%"))["content"]
        assert len(await town.you.suggestions("artifact info", "name", "hat")) == 23


async def test_something_that_is_shared_with_very_many_servers_can_still_be_looked_at(
    town: Town,
) -> None:
    async with town.bot():
        await bring(town, "my-yak")
        now = datetime.now(UTC)
        async with town.records() as database, database.writing() as session:
            artifact_id = await session.scalar(select(StoredArtifact.id))
            for number in range(1, 31):
                session.add(Guild(id=number, name=f"{number} " + "long " * 19, created_at=now))
                await session.flush()
                session.add(GuildShare(artifact_id=artifact_id, guild_id=number, created_at=now))
        for command, options in (("artifact info", {"name": "my-yak"}), ("artifact list", {})):
            said = await ask(town.you, command, **options)
            assert "You share it with 1 long" in said["content"]
