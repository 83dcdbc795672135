"""What one brings along: kept, shared with others, withdrawn, named, and given away as a file."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.local_discord.newcomer import YOU_ID
from bot.local_discord.person import File, Person
from bot.local_discord.wire import Json
from pipeline import ModelConfig, PipelineConfig
from tests.bot.conftest import PromptPipeline
from tests.bot.conversation.conftest import Town
from tests.bot.jobs.learned import DEMO
from tests.bot.learned_files import embedding_file

READING = 60.0  # seconds; a process that reads a stranger's file loads its libraries first
GOLDEN = Path(__file__).parents[2] / "golden" / "data"


@pytest.fixture
def town(town: Town) -> Town:
    """Where the demo model makes the pictures."""
    pipeline = PipelineConfig(models={"demo": ModelConfig(path=DEMO)})
    town.config = town.config.model_copy(update={"pipeline": pipeline})
    return town


@asynccontextmanager
async def elsewhere(town: Town, name: str, friend: str) -> AsyncIterator[tuple[Person, Json]]:
    """Somebody who shares no server with "you" but a second one, which "you" are in as well."""
    guild = await town.director.add_guild(name, YOU_ID)
    await town.director.add_channel(guild["id"], f"in-{name}")
    await town.director.add_person(friend, guild["id"])
    async with Person.at(town.you.url, friend) as person:
        yield person, guild


async def ask(person: Person, command: str, channel: str = "imagine", **options: object) -> Json:
    """The answer to a command, whatever it says."""
    sent = await person.slash(command, channel=channel, **options)
    return await person.answer(sent, until=lambda it: it["content"], patience=READING)


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
        said = await ask(town.you, "artifact share", name="my-cat", server="café")
        assert "You share it with café" in said["content"]
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
