"""Unmodified discord.py against the local Discord: what works there works here."""

import asyncio
from collections.abc import AsyncIterator

import discord
import pytest

from bot.local_discord.director import Director
from bot.local_discord.newcomer import CHANNEL_ID, GUILD_ID, YOU_ID
from bot.local_discord.person import File, NotAnswered, Person
from tests.bot.local_discord.conftest import Line
from tests.bot.local_discord.library_bot import picture, running


@pytest.fixture
async def you(line_of_discord_py: Line) -> AsyncIterator[Person]:
    async with Person.at(line_of_discord_py.url) as person:
        yield person


@pytest.fixture
async def director(line_of_discord_py: Line) -> AsyncIterator[Director]:
    async with Director.at(line_of_discord_py.url) as found:
        yield found


async def test_a_command_goes_from_its_options_to_a_picture_and_a_follow_up(you: Person) -> None:
    async with running() as bot:
        assert bot.shard_count == 1
        upload = File("in.png", picture("red").fp.read())
        sent = await you.slash("paint", colour="green", size=16, image=upload)
        answer = await you.answer(sent, until=lambda it: it["attachments"])
        done = await you.wait_for_message(lambda it: it["content"] == "done")
    assert answer["content"] == f"green 16 {len(upload.data)}"
    [file] = answer["attachments"]
    assert (file["width"], file["height"], file["description"]) == (16, 16, "a green square")
    assert (await you.read(file)).startswith(b"\x89PNG")
    assert done["message_reference"]["message_id"] == answer["id"]


async def test_suggestions_come_while_one_types(you: Person) -> None:
    async with running():
        assert await you.suggestions("paint", "colour", "gr") == [
            {"name": "green", "value": "green"}
        ]


async def test_a_button_works_after_the_bot_was_restarted(you: Person) -> None:
    async with running():
        sent = await you.slash("paint", colour="red")
        answer = await you.answer(sent, until=lambda it: it["components"])
    async with running():
        await you.press(answer, "Again")
        again = await you.wait_for_message(lambda it: it["content"] == "again red")
        assert again["attachments"]


async def test_without_the_bot_a_press_is_not_answered(you: Person, director: Director) -> None:
    async with running():
        sent = await you.slash("paint", colour="red")
        answer = await you.answer(sent, until=lambda it: it["components"])
    press = await you.press(answer, "Again")
    await director.advance(3.1)
    with pytest.raises(NotAnswered):
        await you.answer(press)


async def test_a_modal_carries_text_choice_and_file(you: Person) -> None:
    async with running():
        sent = await you.slash("name_it")
        modal = await you.modal(sent)
        assert modal["title"] == "Name it"
        values = {"name": "Ada", "size": ["large"], "file": [File("a.txt", b"12345")]}
        answer = await you.answer(await you.submit(sent, values))
    assert answer["content"] == "Ada large [5]"
    assert answer["flags"] & 64


async def test_a_message_menu_hands_over_the_message(you: Person) -> None:
    async with running():
        written = await you.write("mine", files=[File("a.png", picture("blue", 20).fp.read())])
        answer = await you.answer(await you.menu("Look at it", written))
    assert answer["content"] == "mine ['20x20']"


async def test_components_v2_show_the_files_they_name(you: Person) -> None:
    async with running():
        answer = await you.answer(await you.slash("gallery"), until=lambda it: it["components"])
    [container] = answer["components"]
    urls = [item["media"]["url"] for item in container["components"][1]["items"]]
    assert [url.partition("?")[0].rpartition("/")[2] for url in urls] == ["red.png", "blue.png"]


async def test_a_dropped_connection_is_resumed_and_nothing_is_lost(
    you: Person, director: Director
) -> None:
    async with running() as bot:
        await director.drop_gateway()
        sent = await you.slash("paint", colour="red")
        await you.answer(sent, until=lambda it: it["attachments"])
        async with asyncio.timeout(10):
            await bot.resumed.wait()
        assert bot.num_ready == 1


async def test_a_client_told_to_reconnect_resumes(you: Person, director: Director) -> None:
    async with running() as bot:
        await director.ask_to_reconnect()
        async with asyncio.timeout(10):
            await bot.resumed.wait()
        await you.answer(await you.slash("paint", colour="red"))


async def test_an_invalid_session_is_begun_anew(you: Person, director: Director) -> None:
    async with running() as bot:
        bot.was_ready.clear()
        await director.invalidate_sessions()
        async with asyncio.timeout(15):
            await bot.was_ready.wait()
        await you.answer(await you.slash("paint", colour="red"))


async def test_a_rate_limited_request_comes_again(
    line_of_discord_py: Line, director: Director
) -> None:
    async with running() as bot:
        await director.rate_limit(r"/channels/\d+/messages", times=2, retry_after=0.05)
        channel = bot.get_channel(int(CHANNEL_ID))
        assert isinstance(channel, discord.TextChannel)
        await channel.send("patience")
    statuses = [one.status for one in line_of_discord_py.discord.record.requests[-3:]]
    assert statuses == [429, 429, 200]


async def test_a_ban_from_the_wall_is_raised_at_once(
    line_of_discord_py: Line, director: Director
) -> None:
    async with running() as bot:
        await director.ban(r"/channels/")
        channel = bot.get_channel(int(CHANNEL_ID))
        assert isinstance(channel, discord.TextChannel)
        with pytest.raises(discord.HTTPException) as banned:
            await channel.send("hello")
        assert banned.value.status == 429


async def test_two_shards_serve_one_bot(you: Person, director: Director) -> None:
    async with running(shard_count=2):
        assert sorted((await director.record())["shards"]) == [[0, 2], [1, 2]]
        await you.answer(await you.slash("paint", colour="red"))


async def test_the_bot_writes_in_private_and_reads_its_history(line_of_discord_py: Line) -> None:
    async with running() as bot:
        user = await bot.fetch_user(int(YOU_ID))
        sent = await user.send("psst", file=picture("red"))
        await sent.edit(content="psssst", attachments=[])
        assert [one.content async for one in sent.channel.history()] == ["psssst"]
        guild = bot.get_guild(int(GUILD_ID))
        assert guild
        assert guild.me.guild_permissions.attach_files


async def test_a_wrong_token_cannot_log_in(line_of_discord_py: Line) -> None:
    client = discord.Client(intents=discord.Intents.none())
    with pytest.raises(discord.LoginFailure):
        await client.login("wrong.token.here")
    await client.close()
