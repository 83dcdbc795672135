"""Several servers and people: who is where, may do what, and what the bot is told of it."""

import pytest

from bot.local_discord import permissions
from bot.local_discord.director import Director
from bot.local_discord.newcomer import (
    APPLICATION_ID,
    CHANNEL_ID,
    CIRCLE_ID,
    GUILD_ID,
    SAGE_ID,
    YOU_ID,
)
from bot.local_discord.person import Person, Refused
from tests.bot.local_discord.conftest import COMMANDS, Line

MEMBERS_INTENT, MEMBERS_FLAG = 1 << 1, 1 << 14
LISTENING = 1 | 1 << 9 | 1 << 12


async def test_the_newcomer_owns_one_server_and_is_a_guest_in_another(line: Line) -> None:
    async with Person.at(line.url) as you, Person.at(line.url, "sage") as sage:
        circle, seen_by_owner = await you.guild("Painters' circle"), await sage.guild(CIRCLE_ID)
        assert not int(circle["permissions"]) & permissions.MANAGE_GUILD
        assert int(seen_by_owner["permissions"]) & permissions.MANAGE_GUILD
        people = (await you.look_around())["people"]
    assert [one["username"] for one in people] == ["you", "robin", "sage"]


async def test_a_new_person_writes_and_everybody_there_reads_it(
    line: Line, director: Director
) -> None:
    async with Person.at(line.url) as you:
        await director.add_person("ada", GUILD_ID, display_name="Ada L.")
        async with Person.at(line.url, "ada") as ada:
            await ada.write("hello")
            heard = await you.wait_for_message(lambda it: it["content"] == "hello")
            assert [guild["name"] for guild in (await ada.look_around())["guilds"]] == [
                "Athanor's workshop"
            ]
    assert heard["author"]["global_name"] == "Ada L."
    with pytest.raises(Refused, match="There is a ada already"):
        await director.add_person("Ada")


async def test_a_role_decides_what_its_member_may_do(line: Line, director: Director) -> None:
    role = await director.add_role(GUILD_ID, "Tidy", permissions.MANAGE_MESSAGES)
    async with Person.at(line.url) as you, Person.at(line.url, "robin") as robin:
        written = await you.write("mine")
        with pytest.raises(Refused, match="Robin cannot delete what others wrote"):
            await robin.delete(written)
        await director.give_role(GUILD_ID, "robin", role["id"])
        await robin.delete(written)
        await director.remove_role(GUILD_ID, role["id"])
        with pytest.raises(Refused):
            await robin.delete(await you.write("another"))


async def test_a_channel_can_be_shut_to_some(line: Line, director: Director) -> None:
    await director.overwrite(CHANNEL_ID, GUILD_ID, deny=permissions.VIEW_CHANNEL)
    async with Person.at(line.url, "robin") as robin, Person.at(line.url) as you:
        names = [channel["name"] for channel in (await robin.guild(GUILD_ID))["channels"]]
        assert names == ["lounge"]
        with pytest.raises(Refused, match="Robin cannot see that channel"):
            await robin.write("let me in", channel=CHANNEL_ID)
        await you.write("the owner sees everything")
        await director.overwrite(CHANNEL_ID, GUILD_ID)
        await robin.write("thanks")


async def test_the_bot_hears_nothing_from_a_channel_it_cannot_see(
    line: Line, director: Director
) -> None:
    await director.overwrite(CHANNEL_ID, APPLICATION_ID, deny=permissions.VIEW_CHANNEL)
    you = line.discord.person("you")
    async with line.gateway() as gateway:
        await gateway.greeted()
        you.write(CHANNEL_ID, f"<@{APPLICATION_ID}> psst", [], None)
        await gateway.send(1, None)
        assert (await gateway.receive())["op"] == 11


async def test_the_bot_is_told_of_channels_and_roles(line: Line, director: Director) -> None:
    async with line.gateway() as gateway:
        await gateway.greeted(intents=1)
        channel = await director.add_channel(GUILD_ID, "den", topic="dark", is_nsfw=True)
        role = await director.add_role(GUILD_ID, "Tidy")
        await director.set_role_permissions(GUILD_ID, role["id"], 8)
        await director.remove_role(GUILD_ID, role["id"])
        await director.remove_channel(channel["id"])
        told = [await gateway.receive() for _ in range(5)]
    assert [frame["t"] for frame in told] == [
        "CHANNEL_CREATE",
        "GUILD_ROLE_CREATE",
        "GUILD_ROLE_UPDATE",
        "GUILD_ROLE_DELETE",
        "CHANNEL_DELETE",
    ]
    assert told[0]["d"]["nsfw"] is True
    assert told[2]["d"]["role"]["permissions"] == "8"
    assert (await line.call("GET", f"/channels/{channel['id']}")).refusal == (404, 10003)


async def test_of_members_a_bot_hears_with_the_intent_and_of_itself_always(
    line: Line, director: Director
) -> None:
    await director.grant_privileged_intents(MEMBERS_FLAG)
    async with line.gateway() as curious, line.gateway() as plain:
        await curious.greeted(intents=LISTENING | MEMBERS_INTENT)
        await plain.greeted(intents=LISTENING)
        await director.add_person("ada", GUILD_ID)
        role = await director.add_role(GUILD_ID, "Tidy")
        await director.give_role(GUILD_ID, "ada", role["id"])
        await director.give_role(GUILD_ID, "bot", role["id"])
        await director.remove_member(GUILD_ID, "ada")
        heard = [(await curious.receive())["t"] for _ in range(5)]
        assert heard == [
            "GUILD_MEMBER_ADD",
            "GUILD_ROLE_CREATE",
            "GUILD_MEMBER_UPDATE",
            "GUILD_MEMBER_UPDATE",
            "GUILD_MEMBER_REMOVE",
        ]
        heard = [(await plain.receive())["t"] for _ in range(2)]
        assert heard == ["GUILD_ROLE_CREATE", "GUILD_MEMBER_UPDATE"]


async def test_the_bot_comes_into_a_server_and_is_shown_out(line: Line, director: Director) -> None:
    guild = await director.add_guild("Elsewhere", YOU_ID, has_bot=False)
    async with line.gateway() as gateway:
        await gateway.greeted()
        await director.add_member(guild["id"], "bot")
        joined = (await gateway.until("GUILD_CREATE"))["d"]
        assert [channel["name"] for channel in joined["channels"]] == ["general"]
        assert len(joined["members"][0]["roles"]) == 1
        await director.remove_member(guild["id"], "bot")
        assert (await gateway.until("GUILD_DELETE"))["d"] == {"id": guild["id"]}
    assert (await line.call("GET", f"/guilds/{guild['id']}")).refusal == (403, 50001)


async def test_a_person_takes_an_installed_app_where_the_bot_is_not(
    line: Line, director: Director
) -> None:
    mine = {"name": "mine", "description": "x", "integration_types": [0, 1], "contexts": [0, 1, 2]}
    theirs = {"name": "theirs", "description": "x", "contexts": [0, 1]}
    await line.call("PUT", COMMANDS, [mine, theirs])
    guild = await director.add_guild("Elsewhere", YOU_ID, has_bot=False)
    place = guild["channels"][0]["id"]
    robin = line.discord.person("robin").user
    async with Person.at(line.url) as you, line.gateway() as gateway:
        await gateway.greeted(intents=1)
        dm, bot_dm = await you.open_dm(robin.id), await you.open_dm()
        assert await you.commands(place) == await you.commands(dm) == []
        await you.install()
        assert [one["name"] for one in await you.commands(place)] == ["mine"]
        contexts, owners = [], []
        for channel in (place, bot_dm, dm, "imagine"):
            await you.slash("mine", channel=channel)
            told = (await gateway.until("INTERACTION_CREATE"))["d"]
            contexts.append(told["context"])
            owners.append(told["authorizing_integration_owners"])
            assert int(told["app_permissions"]) & permissions.ATTACH_FILES
        await you.uninstall()
        assert await you.commands(place) == []
    assert contexts == [0, 1, 2, 0]
    user = {"1": YOU_ID}
    assert owners == [user, user | {"0": "0"}, user, user | {"0": GUILD_ID}]


async def test_a_server_may_keep_what_brought_apps_answer_to_their_person(
    line: Line, director: Director
) -> None:
    mine = {"name": "mine", "description": "x", "integration_types": [1], "contexts": [0]}
    await line.call("PUT", COMMANDS, [mine])
    guild = await director.add_guild("Elsewhere", SAGE_ID, has_bot=False)
    await director.add_member(guild["id"], "you")
    you, place = line.discord.person("you"), guild["channels"][0]["id"]
    line.discord.world.application.installed_by.add(you.user.id)
    shown = []
    for denied in (0, permissions.USE_EXTERNAL_APPS):
        await director.overwrite(place, guild["id"], deny=denied)
        called = you.call(place, "mine", {})
        await line.respond(called, {"type": 4, "data": {"content": "x"}})
        await line.follow(called, "POST", body={"content": "y"})
        shown.append([message.visible_to for message in you.history(place, limit=2, before=None)])
    assert shown == [[None, None], [YOU_ID, YOU_ID]]


async def test_only_who_may_calls_everyone(line: Line) -> None:
    for name, may in (("you", True), ("robin", False)):
        message = line.discord.person(name).write(CHANNEL_ID, "@everyone", [], None)
        assert message.mentions_everyone is may


async def test_where_the_bot_is_not_it_has_no_permissions_to_change(
    line: Line, director: Director
) -> None:
    guild = await director.add_guild("Elsewhere", YOU_ID, has_bot=False)
    with pytest.raises(Refused, match="The bot is not in Elsewhere"):
        await director.set_bot_permissions(guild["id"], 0)
    with pytest.raises(Refused, match="Unknown Member"):
        await director.remove_member(guild["id"], "bot")
