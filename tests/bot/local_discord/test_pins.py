"""Pins: kept at hand in a channel, said in it, and told of."""

from collections.abc import AsyncIterator

import pytest

from bot.local_discord import permissions
from bot.local_discord.director import Director
from bot.local_discord.newcomer import CHANNEL_ID, GUILD_ID
from bot.local_discord.person import Person, Refused
from tests.bot.local_discord.conftest import MESSAGES, Line

PINS = f"{MESSAGES}/pins"
OLD_PINS = f"/channels/{CHANNEL_ID}/pins"


@pytest.fixture
async def pinner(line: Line) -> AsyncIterator[Director]:
    """The director of a bot that may pin."""
    async with Director.at(line.url) as director:
        granted = permissions.ORDINARY | permissions.PIN_MESSAGES
        await director.set_bot_permissions(GUILD_ID, granted)
        yield director


async def test_a_pin_is_listed_said_and_told_of(line: Line, you: Person, pinner: Director) -> None:
    async with line.gateway() as gateway:
        await gateway.greeted()
        first, second = await you.write("first"), await you.write("second")
        assert (await line.call("PUT", f"{PINS}/{first['id']}")).status == 204
        told = (await gateway.until("CHANNEL_PINS_UPDATE"))["d"]
        assert (told["channel_id"], told["guild_id"]) == (CHANNEL_ID, GUILD_ID)
        said = (await gateway.until("MESSAGE_CREATE"))["d"]
        assert (said["type"], said["message_reference"]["message_id"]) == (6, first["id"])
    await pinner.advance(60)
    assert (await you.pin(second))["pinned"] is True
    channel = (await line.call("GET", f"/channels/{CHANNEL_ID}")).body
    pins = (await line.call("GET", PINS)).body
    assert [item["message"]["id"] for item in pins["items"]] == [second["id"], first["id"]]
    assert pins["items"][0]["pinned_at"] == channel["last_pin_timestamp"]
    assert [one["id"] for one in (await line.call("GET", OLD_PINS)).body] == [
        second["id"],
        first["id"],
    ]
    assert (await line.call("DELETE", f"{OLD_PINS}/{second['id']}")).status == 204
    assert (await you.reread(second))["pinned"] is False
    channel = (await line.call("GET", f"/channels/{CHANNEL_ID}")).body
    assert channel["last_pin_timestamp"] == told["last_pin_timestamp"]


async def test_pins_come_in_pages(line: Line, you: Person, pinner: Director) -> None:
    written = [await you.write(str(index)) for index in range(3)]
    for message in written:
        await pinner.advance(1)
        await you.pin(message)
    ids = [message["id"] for message in reversed(written)]
    page = (await line.call("GET", PINS + "?limit=2")).body
    assert ([it["message"]["id"] for it in page["items"]], page["has_more"]) == (ids[:2], True)
    oldest = page["items"][-1]["pinned_at"].replace("+", "%2B")
    rest = (await line.call("GET", f"{PINS}?before={oldest}")).body
    assert ([it["message"]["id"] for it in rest["items"]], rest["has_more"]) == (ids[2:], False)
    for query in ("limit=0", "limit=51", "before=yesterday"):
        refused = await line.call("GET", f"{PINS}?{query}")
        assert refused.errors_at(query.partition("=")[0])


async def test_pinning_takes_a_permission_of_its_own(
    line: Line, you: Person, pinner: Director
) -> None:
    written = await you.write("look")
    await pinner.set_bot_permissions(GUILD_ID, permissions.STEWARD & ~permissions.PIN_MESSAGES)
    for path in (PINS, OLD_PINS):
        assert (await line.call("PUT", f"{path}/{written['id']}")).refusal == (403, 50013)
    async with Person.at(line.url, "robin") as robin:
        with pytest.raises(Refused, match="cannot pin messages here"):
            await robin.pin(written)


async def test_in_private_both_may_pin(line: Line, you: Person) -> None:
    private = await you.open_dm()
    written = await you.write("ours", channel=private)
    path = f"/channels/{private}/messages/pins/{written['id']}"
    async with line.gateway() as gateway:
        await gateway.greeted()
        assert (await line.call("PUT", path)).status == 204
        assert "guild_id" not in (await gateway.until("CHANNEL_PINS_UPDATE"))["d"]


async def test_what_nobody_wrote_cannot_be_pinned(
    line: Line, you: Person, pinner: Director
) -> None:
    await you.start_thread("plans")
    [announcement] = await you.messages()
    refused = await line.call("PUT", f"{PINS}/{announcement['id']}")
    assert refused.refusal == (403, 50021)


async def test_a_channel_takes_250_pins(line: Line, you: Person, pinner: Director) -> None:
    first = await you.write("0")
    channel = line.discord.world.channel(CHANNEL_ID)
    person = line.discord.person("you")
    for index in range(250):
        made = person.write(CHANNEL_ID, str(index), [], None)
        made.pinned_at = line.discord.clock.now()
    assert len(line.discord.pins.pinned(channel)) == 250
    assert (await line.call("PUT", f"{PINS}/{first['id']}")).refusal == (400, 30003)
