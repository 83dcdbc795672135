"""Threads, channels and members as the bot reaches them with its own token."""

import pytest

from bot.local_discord import permissions
from bot.local_discord.newcomer import APPLICATION_ID, BOT_ROLE_ID, CHANNEL_ID, GUILD_ID, ROBIN_ID
from bot.local_discord.wire import Json
from bot.local_discord.world import Thread
from tests.bot.local_discord.conftest import MESSAGES, Line

THREADS = f"/channels/{CHANNEL_ID}/threads"


def allow(line: Line, granted: int) -> None:
    """What the bot may do in the newcomer's server, by its own role alone."""
    guild = line.discord.world.guild(GUILD_ID)
    guild.roles[GUILD_ID].permissions = 0
    guild.roles[BOT_ROLE_ID].permissions = granted


async def test_the_bot_starts_a_thread_on_its_message_and_writes_in_it(line: Line) -> None:
    sent = (await line.call("POST", MESSAGES, {"content": "look"})).body
    path = f"{MESSAGES}/{sent['id']}/threads"
    body = {"name": "talk", "auto_archive_duration": 60}
    thread = await line.call("POST", path, body)
    assert thread.status == 201
    assert thread.body["thread_metadata"]["auto_archive_duration"] == 60
    assert (await line.call("POST", path, body)).refusal == (400, 160004)
    inside = f"/channels/{thread.body['id']}/messages"
    await line.call("POST", inside, {"content": "in it"})
    assert [one["content"] for one in (await line.call("GET", inside)).body] == ["in it", ""]
    again = (await line.call("GET", f"{MESSAGES}/{sent['id']}")).body
    assert (again["thread"]["message_count"], again["flags"]) == (1, 32)


async def test_threads_are_listed_while_open_and_when_archived(line: Line) -> None:
    kinds = {"public": 11, "private": 12}
    allow(line, permissions.ORDINARY | permissions.CREATE_PRIVATE_THREADS)
    made: Json = {}
    for name, kind in kinds.items():
        made[name] = (await line.call("POST", THREADS, {"name": name, "type": kind})).body
    active = (await line.call("GET", f"/guilds/{GUILD_ID}/threads/active")).body
    assert [one["name"] for one in active["threads"]] == ["public", "private"]
    assert [one["user_id"] for one in active["members"]] == [APPLICATION_ID] * 2
    path = f"/channels/{made['public']['id']}"
    assert (await line.call("PATCH", path, {"archived": True})).body["thread_metadata"]["archived"]
    assert (await line.call("PATCH", path, {"name": "no"})).refusal == (400, 50083)
    archived = (await line.call("GET", f"{THREADS}/archived/public")).body
    assert [one["id"] for one in archived["threads"]] == [made["public"]["id"]]
    sent = await line.call("POST", f"{path}/messages", {"content": "opens it again"})
    assert sent.status == 200
    assert (await line.call("GET", f"{THREADS}/archived/public")).body["threads"] == []


async def test_whoever_may_write_in_a_thread_opens_it_again_unless_it_is_locked(
    line: Line,
) -> None:
    made = (await line.call("POST", THREADS, {"name": "plans", "type": 11})).body
    path, thread = f"/channels/{made['id']}", line.discord.world.channel(made["id"])
    assert isinstance(thread, Thread)
    thread.owner_id, thread.is_archived = ROBIN_ID, True
    change = {"archived": False, "name": "x"}
    assert (await line.call("PATCH", path, change)).refusal == (403, 50013)
    opened = await line.call("PATCH", path, {"archived": False})
    assert not opened.body["thread_metadata"]["archived"]
    thread.owner_id, thread.is_archived, thread.is_locked = APPLICATION_ID, True, True
    assert (await line.call("PATCH", path, {"archived": False})).refusal == (403, 50013)


async def test_the_bot_comes_and_goes_and_brings_others(line: Line) -> None:
    thread = (await line.call("POST", THREADS, {"name": "plans", "type": 11})).body
    members = f"/channels/{thread['id']}/thread-members"
    for path in ("@me", ROBIN_ID):
        assert (await line.call("PUT", f"{members}/{path}")).status == 204
    listed = (await line.call("GET", members)).body
    assert [one["user_id"] for one in listed] == [APPLICATION_ID, ROBIN_ID]
    assert (await line.call("DELETE", f"{members}/@me")).status == 204
    assert (await line.call("GET", f"{members}/{APPLICATION_ID}")).refusal == (404, 10007)
    assert (await line.call("GET", f"{members}/{ROBIN_ID}")).status == 200
    assert (await line.call("DELETE", f"{members}/{ROBIN_ID}")).refusal == (403, 50013)


@pytest.mark.parametrize(
    ("granted", "name", "kind"),
    [
        (permissions.CREATE_PRIVATE_THREADS, "public", 11),
        (permissions.CREATE_PUBLIC_THREADS, "private", 12),
    ],
)
async def test_each_kind_of_thread_takes_its_own_permission(
    line: Line, granted: int, name: str, kind: int
) -> None:
    allow(line, permissions.VIEW_CHANNEL | granted)
    answer = await line.call("POST", THREADS, {"name": name, "type": kind})
    assert answer.refusal == (403, 50013)


async def test_writing_in_a_thread_takes_a_permission_of_its_own(line: Line) -> None:
    thread = (await line.call("POST", THREADS, {"name": "plans", "type": 11})).body
    allow(line, permissions.VIEW_CHANNEL | permissions.SEND_MESSAGES)
    sent = await line.call("POST", f"/channels/{thread['id']}/messages", {"content": "x"})
    assert sent.refusal == (403, 50013)


async def test_in_private_there_are_no_threads(line: Line) -> None:
    dm = line.discord.world.open_dm(ROBIN_ID, APPLICATION_ID)
    answer = await line.call("POST", f"/channels/{dm.id}/threads", {"name": "x", "type": 11})
    assert answer.refusal == (400, 50024)


async def test_a_channel_is_changed_and_removed_by_who_may(line: Line) -> None:
    path = f"/channels/{CHANNEL_ID}"
    assert (await line.call("PATCH", path, {"topic": "x"})).refusal == (403, 50013)
    allow(line, permissions.STEWARD)
    changed = (await line.call("PATCH", path, {"topic": "x", "nsfw": True})).body
    assert (changed["name"], changed["topic"], changed["nsfw"]) == ("imagine", "x", True)
    assert (await line.call("DELETE", path)).body["id"] == CHANNEL_ID
    assert (await line.call("GET", path)).refusal == (404, 10003)


async def test_many_messages_go_at_once_unless_they_are_old(line: Line) -> None:
    ids = [(await line.call("POST", MESSAGES, {"content": "x"})).body["id"] for _ in "abcd"]
    path = f"{MESSAGES}/bulk-delete"
    assert (await line.call("POST", path, {"messages": ids})).refusal == (403, 50013)
    allow(line, permissions.STEWARD)
    assert (await line.call("POST", path, {"messages": [*ids[:2], "1"]})).status == 204
    line.discord.clock.advance(15 * 24 * 3600)
    assert (await line.call("POST", path, {"messages": ids[2:]})).refusal == (400, 50034)
    assert len(line.discord.world.channel(CHANNEL_ID).messages) == 2


async def test_all_members_are_told_to_who_was_granted_the_intent(line: Line) -> None:
    path = f"/guilds/{GUILD_ID}/members"
    assert (await line.call("GET", f"{path}?limit=10")).refusal == (403, 50001)
    found = (await line.call("GET", f"{path}/search?query=RO&limit=5")).body
    assert [one["user"]["username"] for one in found] == ["robin"]
    line.discord.world.application.flags = 1 << 14
    listed = (await line.call("GET", f"{path}?limit=2&after={APPLICATION_ID}")).body
    assert [one["user"]["username"] for one in listed] == ["you", "robin"]
    own = (await line.call("GET", f"/users/@me/guilds/{GUILD_ID}/member")).body
    assert own["user"]["id"] == APPLICATION_ID


async def test_the_bot_may_leave(line: Line) -> None:
    assert (await line.call("DELETE", f"/users/@me/guilds/{GUILD_ID}")).status == 204
    assert (await line.call("GET", f"/guilds/{GUILD_ID}")).refusal == (403, 50001)


async def test_embeds_and_replies_take_permissions_too(line: Line) -> None:
    sent = (await line.call("POST", MESSAGES, {"content": "x"})).body
    allow(line, permissions.VIEW_CHANNEL | permissions.SEND_MESSAGES)
    embed = await line.call("POST", MESSAGES, {"embeds": [{"title": "x"}]})
    assert embed.refusal == (403, 50013)
    reply = {"content": "x", "message_reference": {"message_id": sent["id"]}}
    assert (await line.call("POST", MESSAGES, reply)).refusal == (403, 160002)
