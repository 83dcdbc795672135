"""Unmodified discord.py among several servers, people and threads."""

import asyncio
from collections.abc import AsyncIterator, Callable

import discord
import pytest

from bot.local_discord import permissions
from bot.local_discord.director import Director
from bot.local_discord.newcomer import (
    APPLICATION_ID,
    CHANNEL_ID,
    CIRCLE_ID,
    GUILD_ID,
    ROBIN_ID,
    YOU_ID,
)
from bot.local_discord.person import Person
from tests.bot.local_discord.conftest import Line
from tests.bot.local_discord.library_bot import LibraryBot, picture, running


@discord.app_commands.command(description="Where is this?")
@discord.app_commands.allowed_installs(guilds=True, users=True)
@discord.app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
async def where(interaction: discord.Interaction) -> None:
    kinds = interaction.is_guild_integration(), interaction.is_user_integration()
    await interaction.response.send_message(f"{kinds} {interaction.filesize_limit}")


class RoamingBot(LibraryBot):
    """Has a command that goes where its people go."""

    async def setup_hook(self) -> None:
        self.tree.add_command(where)
        await super().setup_hook()


@pytest.fixture
async def you(line_of_discord_py: Line) -> AsyncIterator[Person]:
    async with Person.at(line_of_discord_py.url) as person:
        yield person


@pytest.fixture
async def director(line_of_discord_py: Line) -> AsyncIterator[Director]:
    async with Director.at(line_of_discord_py.url) as found:
        yield found


async def becomes(holds: Callable[[], object]) -> None:
    """Waits until what the library knows is as wished."""
    async with asyncio.timeout(5):
        while True:
            if holds():
                return
            await asyncio.sleep(0.01)


def channel_of(bot: LibraryBot) -> discord.TextChannel:
    channel = bot.get_channel(int(CHANNEL_ID))
    assert isinstance(channel, discord.TextChannel)
    return channel


async def test_the_bot_keeps_a_thread_for_its_pictures(you: Person) -> None:
    async with running() as bot:
        message = await channel_of(bot).send("a long work")
        thread = await message.create_thread(name="progress", auto_archive_duration=60)
        await thread.send("half way", file=picture("red"))
        assert [one["content"] for one in await you.messages("progress")] == ["", "half way"]
        fetched = await message.fetch()
        assert fetched.flags.has_thread
        await thread.edit(archived=True)
        assert (await you.guild(GUILD_ID))["threads"] == []
        archived = [one.name async for one in channel_of(bot).archived_threads()]
        assert archived == ["progress"]


async def test_the_bot_follows_what_people_do_with_threads(you: Person) -> None:
    async with running() as bot:
        made = await you.start_thread("plans")
        channel = channel_of(bot)
        await becomes(lambda: channel.threads)
        [thread] = channel.threads
        await you.change_thread(made, name="better plans")
        await becomes(lambda: thread.name == "better plans")
        await thread.join()
        assert {str(one.id) for one in await thread.fetch_members()} == {YOU_ID, APPLICATION_ID}
        await you.slash("paint", channel=made["id"], colour="red")
        await you.wait_for_message(lambda it: it["content"] == "done", channel=made["id"])


async def test_the_bot_knows_where_it_is_and_what_it_may(director: Director) -> None:
    async with running(shard_count=2) as bot:
        assert {one.id for one in bot.guilds} == {int(GUILD_ID), int(CIRCLE_ID)}
        assert [one.shard_id for one in sorted(bot.guilds, key=lambda one: one.id)] == [0, 1]
        made = await director.add_guild("Elsewhere", YOU_ID)
        await becomes(lambda: bot.get_guild(int(made["id"])))
        await director.remove_member(made["id"], "bot")
        await becomes(lambda: bot.get_guild(int(made["id"])) is None)
        me = channel_of(bot).guild.me
        await director.overwrite(CHANNEL_ID, GUILD_ID, deny=permissions.ATTACH_FILES)
        await becomes(lambda: not channel_of(bot).permissions_for(me).attach_files)
        with pytest.raises(discord.Forbidden) as refused:
            await channel_of(bot).send(file=picture("red"))
        assert refused.value.code == 50013


async def test_what_one_person_is_shown_another_is_not(
    line_of_discord_py: Line, you: Person
) -> None:
    async with running(), Person.at(line_of_discord_py.url, "robin") as robin:
        answer = await you.answer(await you.slash("gallery"), until=lambda it: it["components"])
        assert answer["flags"] & 64
        assert await robin.messages() == []
        sent = await robin.slash("paint", channel="studio", colour="blue")
        made = await robin.answer(sent, until=lambda it: it["attachments"])
        seen = await you.wait_for_message(lambda it: it["id"] == made["id"], channel="studio")
        assert seen["interaction_metadata"]["user"]["id"] == ROBIN_ID


async def test_a_brought_app_knows_that_it_was_brought(
    line_of_discord_py: Line, you: Person, director: Director
) -> None:
    guild = await director.add_guild("Elsewhere", YOU_ID, has_bot=False)
    place = guild["channels"][0]["id"]
    async with running(RoamingBot):
        await you.install()
        answers = [
            await you.answer(await you.slash("where", channel=channel))
            for channel in (place, await you.open_dm(ROBIN_ID), CHANNEL_ID)
        ]
    kinds = ["(False, True)", "(False, True)", "(True, True)"]
    assert [one["content"] for one in answers] == [f"{kind} {10 * 2**20}" for kind in kinds]
