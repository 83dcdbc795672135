"""What is taken from under a bot while it works: messages, channels, servers, its place in them."""

from bot.local_discord.director import Director
from bot.local_discord.newcomer import CHANNEL_ID, GUILD_ID
from bot.local_discord.person import Person
from tests.bot.local_discord.conftest import MESSAGES, Line

THINK = {"type": 5}
HELLO = {"content": "hello"}


async def test_a_deleted_answer_cannot_be_edited_but_followed_up(
    line: Line, director: Director
) -> None:
    interaction = await line.started()
    await line.respond(interaction, THINK)
    where = {"channel_id": CHANNEL_ID, "id": interaction.original_id}
    await director.delete_message(where)
    edit = await line.follow(interaction, "PATCH", "/messages/@original", HELLO)
    assert edit.refusal == (404, 10008)
    assert (await line.follow(interaction, "POST", "", HELLO)).status == 200


async def test_a_press_outlives_the_message_it_was_on(line: Line, director: Director) -> None:
    press = await line.pressed()
    await director.delete_message({"channel_id": CHANNEL_ID, "id": press.source_id})
    assert (await line.respond(press, {"type": 7, "data": HELLO})).refusal == (404, 10008)
    assert (await line.respond(press, {"type": 4, "data": HELLO})).status == 200


async def test_in_a_deleted_channel_nothing_can_be_said(line: Line, director: Director) -> None:
    answered, waiting = await line.started(), await line.started()
    await line.respond(answered, THINK)
    await director.remove_channel(CHANNEL_ID)
    edit = await line.follow(answered, "PATCH", "/messages/@original", HELLO)
    assert edit.refusal == (404, 10003)
    assert (await line.follow(answered, "POST", "", HELLO)).refusal == (404, 10003)
    late = await line.respond(waiting, {"type": 4, "data": HELLO})
    assert late.refusal == (404, 10003)
    assert (await line.call("POST", MESSAGES, HELLO)).refusal == (404, 10003)
    await director.advance(16 * 60)
    async with Person.at(line.url) as you:
        channels = (await you.guild(GUILD_ID))["channels"]
    assert [channel["name"] for channel in channels] == ["lounge"]


async def test_shown_out_of_a_server_the_bot_cannot_write_there(
    line: Line, director: Director
) -> None:
    await director.remove_member(GUILD_ID, "bot")
    assert (await line.call("POST", MESSAGES, HELLO)).refusal == (403, 50001)
