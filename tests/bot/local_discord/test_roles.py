"""Roles as the bot manages them: only what stands below it, and only what it has itself."""

from collections.abc import AsyncIterator

import pytest

from bot.local_discord.director import Director
from bot.local_discord.newcomer import (
    APPLICATION_ID,
    BOT_ROLE_ID,
    GUILD_ID,
    ROBIN_ID,
    SAGE_ID,
    STEWARD_ROLE_ID,
    YOU_ID,
)
from bot.local_discord.permissions import (
    CHANGE_NICKNAME,
    MANAGE_NICKNAMES,
    MANAGE_ROLES,
    MENTION_EVERYONE,
    ORDINARY,
)
from tests.bot.local_discord.conftest import Line

ROLES = f"/guilds/{GUILD_ID}/roles"
MEMBERS = f"/guilds/{GUILD_ID}/members"
FORBIDDEN, INVALID_ROLE = (403, 50013), (400, 50028)


@pytest.fixture(autouse=True)
async def director(line: Line) -> AsyncIterator[Director]:
    """The director of a bot that manages roles and names, below the stewards."""
    async with Director.at(line.url) as found:
        granted = ORDINARY | MANAGE_ROLES | MANAGE_NICKNAMES
        await found.set_bot_permissions(GUILD_ID, granted)
        yield found


async def test_a_new_role_is_the_lowest_and_moves_the_others_up(line: Line) -> None:
    async with line.gateway() as gateway:
        await gateway.greeted()
        made = await line.call("POST", ROLES, {"name": "Painters", "color": 0xFF0000})
        assert (await gateway.until("GUILD_ROLE_CREATE"))["d"]["role"] == made.body
        moved = (await gateway.until("GUILD_ROLE_UPDATE"))["d"]["role"]
    assert (made.body["position"], made.body["permissions"]) == (1, str(ORDINARY))
    assert moved["position"] == 2
    positions = {role["name"]: role["position"] for role in (await line.call("GET", ROLES)).body}
    assert positions == {"@everyone": 0, "Painters": 1, "Athanor": 2, "Stewards": 3}


async def test_a_role_is_given_changed_taken_and_deleted(line: Line) -> None:
    role = (await line.call("POST", ROLES, {"name": "Painters"})).body
    given = f"{MEMBERS}/{ROBIN_ID}/roles/{role['id']}"
    assert (await line.call("PUT", given)).status == 204
    assert (await line.call("GET", f"{MEMBERS}/{ROBIN_ID}")).body["roles"] == [role["id"]]
    changed = await line.call("PATCH", f"{ROLES}/{role['id']}", {"name": "Artists", "color": 5})
    assert (changed.body["name"], changed.body["color"]) == ("Artists", 5)
    assert (await line.call("GET", f"{ROLES}/{role['id']}")).body == changed.body
    assert (await line.call("DELETE", given)).status == 204
    assert (await line.call("DELETE", f"{ROLES}/{role['id']}")).status == 204
    assert (await line.call("GET", f"{ROLES}/{role['id']}")).refusal == (404, 10011)


async def test_what_stands_as_high_as_the_bot_is_out_of_its_reach(line: Line) -> None:
    stewards, own = f"{ROLES}/{STEWARD_ROLE_ID}", f"{ROLES}/{BOT_ROLE_ID}"
    given = f"{MEMBERS}/{ROBIN_ID}/roles/{STEWARD_ROLE_ID}"
    for answer in (
        await line.call("PATCH", stewards, {"name": "x"}),
        await line.call("DELETE", stewards),
        await line.call("PATCH", own, {"name": "x"}),
        await line.call("PUT", given),
        await line.call("PATCH", f"{MEMBERS}/{ROBIN_ID}", {"roles": [STEWARD_ROLE_ID]}),
        await line.call("PATCH", f"{MEMBERS}/{SAGE_ID}", {"roles": []}),
    ):
        assert answer.refusal == FORBIDDEN
    assert line.discord.world.guild(GUILD_ID).members[SAGE_ID].role_ids == [STEWARD_ROLE_ID]


async def test_everyones_role_and_a_bots_own_are_nobodys_to_give(line: Line) -> None:
    for role_id in (GUILD_ID, BOT_ROLE_ID):
        given = await line.call("PUT", f"{MEMBERS}/{ROBIN_ID}/roles/{role_id}")
        assert given.refusal == INVALID_ROLE
        assert (await line.call("DELETE", f"{ROLES}/{role_id}")).refusal == INVALID_ROLE


async def test_nobody_gives_what_they_have_not_got(line: Line) -> None:
    more = str(ORDINARY | MENTION_EVERYONE)
    assert (await line.call("POST", ROLES, {"permissions": more})).refusal == FORBIDDEN
    role = (await line.call("POST", ROLES, {"permissions": str(ORDINARY)})).body
    path = f"{ROLES}/{role['id']}"
    assert (await line.call("PATCH", path, {"permissions": more})).refusal == FORBIDDEN
    assert (await line.call("PATCH", path, {"permissions": "0"})).body["permissions"] == "0"


async def test_without_the_permission_nothing_of_it_is_allowed(
    line: Line, director: Director
) -> None:
    await director.set_bot_permissions(GUILD_ID, ORDINARY & ~CHANGE_NICKNAME)
    await director.set_role_permissions(GUILD_ID, GUILD_ID, ORDINARY & ~CHANGE_NICKNAME)
    for answer in (
        await line.call("POST", ROLES, {}),
        await line.call("PUT", f"{MEMBERS}/{ROBIN_ID}/roles/{STEWARD_ROLE_ID}"),
        await line.call("PATCH", f"{MEMBERS}/{ROBIN_ID}", {"nick": "Rob"}),
        await line.call("PATCH", f"{MEMBERS}/@me", {"nick": "Forge"}),
    ):
        assert answer.refusal == FORBIDDEN


async def test_members_are_named_by_who_stands_above_them_and_by_themselves(line: Line) -> None:
    named = await line.call("PATCH", f"{MEMBERS}/{ROBIN_ID}", {"nick": "Rob"})
    assert named.body["nick"] == "Rob"
    async with line.gateway() as gateway:
        await gateway.greeted()
        own = await line.call("PATCH", f"{MEMBERS}/@me", {"nick": "Forge"})
        told = (await gateway.until("GUILD_MEMBER_UPDATE"))["d"]
    assert (own.body["nick"], told["nick"]) == ("Forge", "Forge")
    assert told["user"]["id"] == APPLICATION_ID
    assert (await line.call("PATCH", f"{MEMBERS}/@me", {"nick": ""})).body["nick"] is None
    for user_id in (YOU_ID, SAGE_ID):
        above = await line.call("PATCH", f"{MEMBERS}/{user_id}", {"nick": "x"})
        assert above.refusal == FORBIDDEN
    assert (await line.call("PATCH", f"{MEMBERS}/1", {})).refusal == (404, 10007)


async def test_a_server_takes_250_roles(line: Line) -> None:
    guild = line.discord.world.guild(GUILD_ID)
    while len(guild.roles) < 250:
        line.discord.places.add_role(guild, "x", 0, 0)
    assert (await line.call("POST", ROLES, {})).refusal == (400, 30005)
