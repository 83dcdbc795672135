"""Reactions: put under messages by people and the bot, counted, taken away, and told of."""

from urllib.parse import quote

import pytest

from bot.local_discord import permissions
from bot.local_discord.director import Director
from bot.local_discord.newcomer import GUILD_ID, ROBIN_ID, YOU_ID
from bot.local_discord.person import Person, Refused
from bot.local_discord.wire import Json
from tests.bot.local_discord.conftest import MESSAGES, Line

STAR, HEART = "⭐", "❤️"
GUILD_MESSAGE_REACTIONS, DIRECT_MESSAGE_REACTIONS = 1 << 10, 1 << 13


def under(message: Json, emoji: str, who: str = "") -> str:
    """The path of an emoji under a message, and of somebody's."""
    path = f"/channels/{message['channel_id']}/messages/{message['id']}/reactions/{quote(emoji)}"
    return f"{path}/{who}" if who else path


def counted(message: Json) -> list[tuple[str, int, bool]]:
    return [(one["emoji"]["name"], one["count"], one["me"]) for one in message.get("reactions", [])]


async def test_a_reaction_is_counted_and_ones_own_is_marked_for_each(
    line: Line, you: Person, robin: Person
) -> None:
    written = await you.write("look")
    assert (await line.call("PUT", under(written, STAR, "@me"))).status == 204
    await robin.react(written, STAR)
    await robin.react(written, HEART)
    await robin.react(written, HEART)
    assert counted(await robin.reread(written)) == [(STAR, 2, True), (HEART, 1, True)]
    assert counted(await you.reread(written)) == [(STAR, 2, False), (HEART, 1, False)]
    seen = await line.call("GET", f"{MESSAGES}/{written['id']}")
    assert counted(seen.body) == [(STAR, 2, True), (HEART, 1, False)]
    seen_live = [one["message"] for one in robin.events if one["type"] == "MESSAGE_UPDATE"]
    assert counted(seen_live[-1]) == [(STAR, 2, True), (HEART, 1, True)]
    await robin.take_back(written, HEART)
    await robin.take_back(written, HEART)
    assert counted(await you.reread(written)) == [(STAR, 2, False)]


async def test_who_reacted_is_listed_in_pages(line: Line, you: Person, robin: Person) -> None:
    written = await you.write("look")
    for person in (robin, you):
        await person.react(written, STAR)
    listed = await line.call("GET", under(written, STAR) + "?limit=1")
    assert [user["id"] for user in listed.body] == [YOU_ID]
    listed = await line.call("GET", under(written, STAR) + f"?after={YOU_ID}")
    assert [user["id"] for user in listed.body] == [ROBIN_ID]
    assert (await line.call("GET", under(written, HEART))).body == []
    assert (await line.call("GET", under(written, STAR) + "?type=1")).body == []


async def test_the_bot_hears_of_reactions_with_the_intent_for_them(
    line: Line, you: Person, director: Director
) -> None:
    await director.set_bot_permissions(GUILD_ID, permissions.STEWARD)
    private = await you.open_dm()
    async with line.gateway() as gateway, line.gateway() as deaf:
        await gateway.greeted(intents=1 | GUILD_MESSAGE_REACTIONS | DIRECT_MESSAGE_REACTIONS)
        await deaf.greeted(intents=1 | 1 << 9)
        written, whispered = await you.write("look"), await you.write("psst", channel=private)
        await you.react(written, STAR)
        added = (await gateway.until("MESSAGE_REACTION_ADD"))["d"]
        assert (added["user_id"], added["message_id"]) == (YOU_ID, written["id"])
        assert added["emoji"] == {"id": None, "name": STAR}
        assert added["member"]["user"]["id"] == added["message_author_id"] == YOU_ID
        await you.take_back(written, STAR)
        removed = (await gateway.until("MESSAGE_REACTION_REMOVE"))["d"]
        assert (removed["user_id"], removed["guild_id"]) == (YOU_ID, GUILD_ID)
        await you.react(whispered, STAR)
        assert "guild_id" not in (await gateway.until("MESSAGE_REACTION_ADD"))["d"]
        for emoji in (STAR, HEART):
            await you.react(written, emoji)
        assert (await line.call("DELETE", under(written, STAR))).status == 204
        gone = (await gateway.until("MESSAGE_REACTION_REMOVE_EMOJI"))["d"]
        assert gone["emoji"]["name"] == STAR
        whole = under(written, "").removesuffix("/")
        assert (await line.call("DELETE", whole)).status == 204
        assert (await gateway.until("MESSAGE_REACTION_REMOVE_ALL"))["d"]["channel_id"]
        await deaf.send(1, None)
        heard = []
        while (frame := await deaf.receive())["op"] != 11:
            heard.append(frame["t"])
        assert heard == ["MESSAGE_CREATE"]
    assert counted(await you.reread(written)) == []


@pytest.mark.parametrize("emoji", ["hello", "1", "✦", "⭐⭐", "star:123", ":5"])
async def test_what_is_no_emoji_is_unknown(line: Line, you: Person, emoji: str) -> None:
    written = await you.write("look")
    assert (await line.call("PUT", under(written, emoji, "@me"))).refusal == (404, 10014)


async def test_a_message_takes_twenty_kinds_of_reactions(line: Line, you: Person) -> None:
    written = await you.write("look")
    for index in range(20):
        await you.react(written, chr(0x1F600 + index))
    assert (await line.call("PUT", under(written, STAR, "@me"))).refusal == (400, 30010)
    assert (await line.call("PUT", under(written, "😀", "@me"))).status == 204


async def test_reacting_and_taking_others_reactions_away_take_permissions(
    line: Line, you: Person, robin: Person, director: Director
) -> None:
    written = await you.write("look")
    everyone = line.discord.world.guild(GUILD_ID).roles[GUILD_ID]
    everyone.permissions &= ~permissions.ADD_REACTIONS
    granted = permissions.ORDINARY & ~permissions.ADD_REACTIONS
    await director.set_bot_permissions(GUILD_ID, granted)
    with pytest.raises(Refused, match="cannot add reactions here"):
        await robin.react(written, STAR)
    assert (await line.call("PUT", under(written, STAR, "@me"))).refusal == (403, 50013)
    await you.react(written, STAR)  # who owns the server may do anything
    await robin.react(written, STAR)
    assert (await line.call("PUT", under(written, STAR, "@me"))).status == 204
    for path in (under(written, STAR, ROBIN_ID), under(written, STAR)):
        assert (await line.call("DELETE", path)).refusal == (403, 50013)
    await director.set_bot_permissions(GUILD_ID, granted | permissions.MANAGE_MESSAGES)
    assert (await line.call("DELETE", under(written, STAR, ROBIN_ID))).status == 204
    assert (await line.call("DELETE", under(written, STAR, "@me"))).status == 204
    assert counted(await you.reread(written)) == [(STAR, 1, True)]


async def test_in_an_archived_thread_nobody_reacts(line: Line, you: Person) -> None:
    thread = await you.start_thread("talk")
    written = await you.write("look", channel=thread["id"])
    await you.change_thread(thread, is_archived=True)
    assert (await line.call("PUT", under(written, STAR, "@me"))).refusal == (400, 50083)


async def test_what_only_one_person_sees_has_no_reactions_of_the_bot(line: Line) -> None:
    interaction = await line.started()
    await line.respond(interaction, {"type": 4, "data": {"content": "psst", "flags": 64}})
    path = f"{MESSAGES}/{interaction.original_id}/reactions/{quote(STAR)}/@me"
    assert (await line.call("PUT", path)).refusal == (404, 10008)
