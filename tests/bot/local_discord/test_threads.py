"""Threads: begun by people, heard of by the bot, put away and opened again."""

import pytest

from bot.local_discord import permissions
from bot.local_discord.clock import iso
from bot.local_discord.director import Director
from bot.local_discord.newcomer import APPLICATION_ID, CHANNEL_ID, GUILD_ID
from bot.local_discord.person import Person, Refused
from tests.bot.local_discord.conftest import COMMANDS, PAINT, Line


async def test_a_thread_about_a_message_has_its_id_and_begins_with_it(
    line: Line, you: Person
) -> None:
    written = await you.write("look at this")
    async with line.gateway() as gateway:
        await gateway.greeted()
        thread = await you.start_thread("talk", message=written)
        told = (await gateway.until("THREAD_CREATE"))["d"]
        updated = (await gateway.until("MESSAGE_UPDATE"))["d"]
    assert thread["id"] == written["id"] == told["id"]
    assert (told["type"], told["parent_id"], told["newly_created"]) == (11, CHANNEL_ID, True)
    assert updated["thread"]["id"] == thread["id"]
    assert updated["flags"] & 32
    [starter] = await you.messages("talk")
    assert (starter["type"], starter["referenced_message"]["content"]) == (21, "look at this")
    with pytest.raises(Refused, match="already been created"):
        await you.start_thread("again", message=written)


async def test_a_thread_of_its_own_is_announced_in_its_channel(you: Person) -> None:
    thread = await you.start_thread("plans")
    [announcement] = await you.messages()
    assert (announcement["type"], announcement["content"]) == (18, "plans")
    assert announcement["message_reference"]["channel_id"] == thread["id"]
    [listed] = (await you.guild(GUILD_ID))["threads"]
    assert (listed["name"], listed["joined"]) == ("plans", True)


async def test_who_writes_in_a_thread_has_joined_it(you: Person, robin: Person) -> None:
    thread = await you.start_thread("plans")
    await robin.write("me too", channel=thread["id"])
    [listed] = (await robin.guild(GUILD_ID))["threads"]
    assert (listed["member_count"], listed["joined"]) == (2, True)
    await robin.leave_thread(thread)
    [listed] = (await robin.guild(GUILD_ID))["threads"]
    assert listed["joined"] is False
    await robin.join_thread(thread)


async def test_an_archived_thread_opens_when_somebody_writes(you: Person, robin: Person) -> None:
    thread = await you.start_thread("plans")
    with pytest.raises(Refused, match="cannot change this thread"):
        await robin.change_thread(thread, is_archived=True)
    await you.change_thread(thread, is_archived=True)
    assert (await you.guild(GUILD_ID))["threads"] == []
    await robin.write("wait", channel=thread["id"])
    assert len((await you.guild(GUILD_ID))["threads"]) == 1


async def test_a_thread_in_which_nothing_happens_is_put_away(
    line: Line, you: Person, director: Director
) -> None:
    hour = 60 * 60
    body = {"name": "short", "type": 11, "auto_archive_duration": 60}
    started = await line.call("POST", f"/channels/{CHANNEL_ID}/threads", body)
    short, usual = line.discord.world.channel(started.body["id"]), await you.start_thread("usual")
    async with line.gateway() as gateway:
        await gateway.greeted()
        await director.advance(hour - 60)
        await you.write("still here", channel=short.id)
        await director.advance(hour - 60)
        await director.advance(60)
        told = (await gateway.until("THREAD_UPDATE"))["d"]
    assert (told["id"], told["thread_metadata"]["archived"]) == (short.id, True)
    assert told["thread_metadata"]["archive_timestamp"] == iso(line.discord.clock.now())
    await you.write("again", channel=short.id)
    listed = (await line.call("GET", f"/guilds/{GUILD_ID}/threads/active")).body["threads"]
    assert {one["id"] for one in listed} == {short.id, usual["id"]}
    await director.advance(3 * 24 * hour)
    assert (await line.call("GET", f"/guilds/{GUILD_ID}/threads/active")).body["threads"] == []


async def test_a_locked_thread_is_written_in_by_moderators_alone(
    you: Person, robin: Person
) -> None:
    thread = await robin.start_thread("plans")
    with pytest.raises(Refused):
        await robin.change_thread(thread, is_locked=True)
    await you.change_thread(thread, is_locked=True)
    with pytest.raises(Refused, match="Thread is locked"):
        await robin.write("but", channel=thread["id"])
    await you.write("no", channel=thread["id"])


async def test_a_private_thread_is_seen_by_its_members(
    line: Line, you: Person, robin: Person, director: Director
) -> None:
    async with line.gateway() as gateway:
        await gateway.greeted()
        thread = await you.start_thread("secret", is_private=True)
        assert (await robin.guild(GUILD_ID))["threads"] == []
        assert await you.messages() == []
        with pytest.raises(Refused, match="cannot see"):
            await robin.write("hello?", channel=thread["id"])
        await gateway.send(1, None)
        assert (await gateway.receive())["op"] == 11, "the bot is no member either"


async def test_a_thread_has_its_channels_permissions(
    you: Person, robin: Person, director: Director
) -> None:
    thread = await you.start_thread("plans")
    await director.overwrite(CHANNEL_ID, GUILD_ID, deny=permissions.SEND_MESSAGES_IN_THREADS)
    await robin.write("the channel is open")
    with pytest.raises(Refused, match="cannot write in this channel"):
        await robin.write("the thread is not", channel=thread["id"])


async def test_a_command_in_a_thread_tells_the_bot_so(line: Line, you: Person) -> None:
    await line.call("PUT", COMMANDS, [PAINT])
    thread = await you.start_thread("plans")
    async with line.gateway() as gateway:
        await gateway.greeted()
        await you.slash("paint", channel=thread["id"], prompt="x")
        channel = (await gateway.until("INTERACTION_CREATE"))["d"]["channel"]
    assert (channel["id"], channel["parent_id"]) == (thread["id"], CHANNEL_ID)
    assert channel["thread_metadata"]["archived"] is False


async def test_threads_go_with_their_channel(line: Line, you: Person, director: Director) -> None:
    thread = await you.start_thread("plans")
    async with line.gateway() as gateway:
        await gateway.greeted()
        await director.remove_channel(CHANNEL_ID)
        gone = (await gateway.until("THREAD_DELETE"))["d"]
        await gateway.until("CHANNEL_DELETE")
    assert gone["id"] == thread["id"]
    assert thread["id"] not in line.discord.world.channels


async def test_of_others_in_threads_the_bot_hears_only_with_the_members_intent(
    line: Line, you: Person, robin: Person, director: Director
) -> None:
    thread = await you.start_thread("plans")
    await director.grant_privileged_intents(1 << 14)
    async with line.gateway() as plain, line.gateway() as curious:
        await plain.greeted(intents=1)
        await curious.greeted(intents=1 | 1 << 1)
        await robin.join_thread(thread)
        told = (await curious.until("THREAD_MEMBERS_UPDATE"))["d"]
        await plain.send(1, None)
        assert (await plain.receive())["op"] == 11
    assert told["added_members"][0]["user_id"] == line.discord.person("robin").user.id
    assert told["member_count"] == 2


async def test_who_is_mentioned_in_a_thread_has_joined_it(line: Line, you: Person) -> None:
    thread = await you.start_thread("secret", is_private=True)
    async with line.gateway() as gateway:
        await gateway.greeted()
        await you.write(f"come, <@{APPLICATION_ID}>", channel=thread["id"])
        told = (await gateway.until("THREAD_CREATE"))["d"]
        await you.write("welcome", channel=thread["id"])
        assert (await gateway.until("MESSAGE_CREATE"))["d"]["channel_id"] == thread["id"]
    assert (told["id"], told["member"]["user_id"]) == (thread["id"], APPLICATION_ID)


async def test_a_reply_mentions_whom_it_answers_unless_told_not_to(line: Line, you: Person) -> None:
    sent = await line.call("POST", f"/channels/{CHANNEL_ID}/messages", {"content": "hello"})
    async with line.gateway() as gateway:
        await gateway.greeted()
        for notify in (True, False):
            await you.write("an answer", reply_to=sent.body, notify=notify)
        heard = [(await gateway.until("MESSAGE_CREATE"))["d"] for _ in range(2)]
    assert [user["id"] for user in heard[0]["mentions"]] == [APPLICATION_ID]
    assert [one["content"] for one in heard] == ["an answer", ""]
    assert [one["referenced_message"]["content"] for one in heard] == ["hello", "hello"]


async def test_one_rewrites_what_one_wrote_and_nothing_else(you: Person, robin: Person) -> None:
    written = await you.write("teh")
    with pytest.raises(Refused, match="Only the author"):
        await robin.rewrite(written, "mine now")
    changed = await you.rewrite(written, "the")
    assert (changed["content"], bool(changed["edited_timestamp"])) == ("the", True)
