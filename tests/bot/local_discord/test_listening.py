"""What a bot hears: only what it asked for, and of messages only what Discord lets it read."""

from bot.local_discord.cdn import UploadedFile
from bot.local_discord.newcomer import APPLICATION_ID, CHANNEL_ID, YOU_ID
from tests.bot.local_discord.conftest import COMMANDS, MESSAGES, Line

MESSAGE_CONTENT = 1 << 15


async def test_private_messages_are_for_the_first_shard(line: Line) -> None:
    person = line.discord.person("you")
    dm = line.discord.world.open_dm(person.user.id, APPLICATION_ID)
    async with line.gateway() as first, line.gateway() as second:
        await first.greeted(shard=[0, 2])
        await second.greeted(shard=[1, 2])
        person.write(dm.id, "psst", [], None)
        assert (await first.until("MESSAGE_CREATE"))["d"]["content"] == "psst"
        await second.send(1, None)
        assert (await second.receive())["op"] == 11


async def test_private_messages_are_heard_with_their_own_intent_alone(line: Line) -> None:
    person = line.discord.person("you")
    dm = line.discord.world.open_dm(person.user.id, APPLICATION_ID)
    async with line.gateway() as gateway:
        await gateway.greeted(intents=1 | 1 << 9)
        person.write(dm.id, "psst", [], None)
        await gateway.send(1, None)
        assert (await gateway.receive())["op"] == 11


async def test_whatever_a_message_carries_is_withheld_and_given_with_the_intent(
    line: Line,
) -> None:
    line.discord.world.application.flags = 1 << 18
    person = line.discord.person("you")
    file = UploadedFile(index=0, filename="a.txt", data=b"x")
    async with line.gateway() as plain, line.gateway() as curious:
        await plain.greeted()
        await curious.greeted(intents=1 | 1 << 9 | MESSAGE_CONTENT)
        message = person.write(CHANNEL_ID, "secret", [file], None)
        person.rewrite(CHANNEL_ID, message.id, "still secret")
        for event, text in (("MESSAGE_CREATE", "secret"), ("MESSAGE_UPDATE", "still secret")):
            hidden = (await plain.until(event))["d"]
            shown = (await curious.until(event))["d"]
            kept = ("content", "attachments", "embeds", "components")
            assert [hidden[key] for key in kept] == ["", [], [], []]
            assert (shown["content"], len(shown["attachments"])) == (text, 1)


async def test_a_menu_hands_over_what_is_withheld_elsewhere(line: Line) -> None:
    await line.call("PUT", COMMANDS, [{"type": 3, "name": "Look"}])
    person = line.discord.person("you")
    file = UploadedFile(index=0, filename="a.txt", data=b"x")
    message = person.write(CHANNEL_ID, "secret", [file], None)
    fetched = (await line.call("GET", f"{MESSAGES}/{message.id}")).body
    assert (fetched["content"], fetched["attachments"]) == ("", [])
    async with line.gateway() as gateway:
        await gateway.greeted()
        person.use_menu(CHANNEL_ID, "Look", message_id=message.id, user_id=None)
        data = (await gateway.until("INTERACTION_CREATE"))["d"]["data"]
    handed = data["resolved"]["messages"][data["target_id"]]
    assert (handed["content"], len(handed["attachments"])) == ("secret", 1)


async def test_without_the_intent_only_what_is_meant_for_the_bot_can_be_read(line: Line) -> None:
    person = line.discord.person("you")
    async with line.gateway() as gateway:
        await gateway.identify()
        for text in ("secret", f"<@{APPLICATION_ID}> look"):
            person.write(CHANNEL_ID, text, [], None)
        await line.call("POST", MESSAGES, {"content": "my own"})
        seen = [(await gateway.until("MESSAGE_CREATE"))["d"] for _ in range(3)]
    assert [one["content"] for one in seen] == ["", f"<@{APPLICATION_ID}> look", "my own"]
    assert seen[0]["author"]["id"] == YOU_ID


async def test_a_message_that_quotes_hides_what_it_quotes(line: Line) -> None:
    person = line.discord.person("you")
    secret = person.write(CHANNEL_ID, "secret", [], None)
    async with line.gateway() as gateway:
        await gateway.identify()
        person.write(CHANNEL_ID, f"<@{APPLICATION_ID}>", [], secret.id)
        heard = (await gateway.until("MESSAGE_CREATE"))["d"]
    assert heard["referenced_message"]["id"] == secret.id
    assert heard["referenced_message"]["content"] == ""


async def test_who_does_not_listen_for_messages_hears_none(line: Line) -> None:
    async with line.gateway() as gateway:
        await gateway.greeted(intents=1)
        await line.call("POST", MESSAGES, {"content": "nobody hears"})
        await gateway.send(1, None)
        assert (await gateway.receive())["op"] == 11
