"""Emojis of a server and of the application: made from pictures, used, renamed, removed."""

import base64
import io
from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest
from PIL import Image

from bot.local_discord import permissions
from bot.local_discord.director import Director
from bot.local_discord.newcomer import APPLICATION_ID, GUILD_ID
from bot.local_discord.person import Person
from bot.local_discord.wire import Json
from tests.bot.local_discord.conftest import MESSAGES, Line
from tests.bot.local_discord.test_messages import png

EMOJIS = f"/guilds/{GUILD_ID}/emojis"
OWN_EMOJIS = f"/applications/{APPLICATION_ID}/emojis"
BOTH = pytest.mark.parametrize("where", [EMOJIS, OWN_EMOJIS])


def data_uri(data: bytes, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


FLAME: Json = {"name": "flame", "image": data_uri(png())}


@pytest.fixture(autouse=True)
async def director(line: Line) -> AsyncIterator[Director]:
    """The director of a bot that may make emojis, and change its own."""
    async with Director.at(line.url) as found:
        granted = permissions.ORDINARY | permissions.CREATE_GUILD_EXPRESSIONS
        await found.set_bot_permissions(GUILD_ID, granted)
        yield found


@BOTH
async def test_an_emoji_is_made_fetched_renamed_and_removed(line: Line, where: str) -> None:
    made = await line.call("POST", where, FLAME)
    assert (made.status, made.body["name"], made.body["animated"]) == (201, "flame", False)
    one = f"{where}/{made.body['id']}"
    async with line.session.get(f"{line.url}/cdn/emojis/{made.body['id']}.png") as response:
        assert await response.read() == png()
    assert (await line.call("PATCH", one, {"name": "fire"})).body["name"] == "fire"
    listed = (await line.call("GET", where)).body
    assert [it["name"] for it in (listed if where == EMOJIS else listed["items"])] == ["fire"]
    assert (await line.call("GET", one)).body["user"]["id"] == APPLICATION_ID
    assert (await line.call("DELETE", one)).status == 204
    assert (await line.call("GET", one)).refusal == (404, 10014)


@BOTH
@pytest.mark.parametrize(
    ("changed", "field", "code"),
    [
        ({"name": 5}, "name", ""),
        ({"name": "two words"}, "name", "STRING_TYPE_REGEX"),
        ({"image": "https://example.com/a.png"}, "image", "IMAGE_INVALID"),
        ({"image": data_uri(b"no picture")}, "image", "IMAGE_INVALID"),
        ({"image": data_uri(png() + bytes(256 * 1024))}, "image", "BINARY_TYPE_MAX_SIZE"),
    ],
)
async def test_what_is_no_emoji_is_refused_by_its_field(
    line: Line, where: str, changed: Json, field: str, code: str
) -> None:
    assert (await line.call("POST", where, FLAME | changed)).errors_at(field)[0].startswith(code)


async def test_the_bot_is_told_of_a_servers_emojis_and_sees_them_in_the_server(line: Line) -> None:
    async with line.gateway() as gateway:
        await gateway.greeted(intents=1 | 1 << 3)
        made = (await line.call("POST", EMOJIS, FLAME)).body
        told = (await gateway.until("GUILD_EMOJIS_UPDATE"))["d"]
    assert [one["id"] for one in told["emojis"]] == [made["id"]]
    async with line.gateway() as gateway:
        await gateway.identify()
        guild = (await gateway.until("GUILD_CREATE"))["d"]
    assert guild["emojis"] == told["emojis"]


async def test_an_emoji_stands_under_messages_on_buttons_and_goes_with_its_name(
    line: Line,
) -> None:
    made = (await line.call("POST", EMOJIS, FLAME)).body
    flame = {"id": made["id"], "name": "flame"}
    button: Json = {"type": 2, "style": 1, "custom_id": "x", "emoji": flame}
    rows = [{"type": 1, "components": [button]}]
    sent = (await line.call("POST", MESSAGES, {"content": "x", "components": rows})).body
    reaction = f"{MESSAGES}/{sent['id']}/reactions/{quote('flame:' + made['id'])}/@me"
    assert (await line.call("PUT", reaction)).status == 204
    [seen] = (await line.call("GET", f"{MESSAGES}/{sent['id']}")).body["reactions"]
    assert seen["emoji"] == {"id": made["id"], "name": "flame", "animated": False}
    await line.call("DELETE", f"{EMOJIS}/{made['id']}")
    [seen] = (await line.call("GET", f"{MESSAGES}/{sent['id']}")).body["reactions"]
    assert seen["emoji"] == {"id": made["id"], "name": None}


async def test_a_server_has_room_for_so_many_of_each_kind(line: Line, director: Director) -> None:
    for index in range(50):
        assert (await line.call("POST", EMOJIS, FLAME | {"name": f"e{index}"})).status == 201
    assert (await line.call("POST", EMOJIS, FLAME)).refusal == (400, 30008)
    frames = io.BytesIO()
    pictures = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    pictures[0].save(frames, "GIF", save_all=True, append_images=pictures[1:])
    moving = {"name": "moving", "image": data_uri(frames.getvalue(), "gif")}
    assert (await line.call("POST", EMOJIS, moving)).body["animated"] is True
    await director.boost(GUILD_ID, 1)
    assert (await line.call("POST", EMOJIS, FLAME)).status == 201


async def test_making_takes_one_permission_and_changing_others_another(
    line: Line, director: Director
) -> None:
    world = line.discord.world
    guild = world.guild(GUILD_ID)
    others = line.discord.emojis.add("others", FLAME["image"], guild.owner_id, guild)
    assert (await line.call("DELETE", f"{EMOJIS}/{others.id}")).refusal == (403, 50013)
    await director.set_bot_permissions(
        GUILD_ID, permissions.ORDINARY | permissions.MANAGE_GUILD_EXPRESSIONS
    )
    assert (await line.call("DELETE", f"{EMOJIS}/{others.id}")).status == 204
    assert (await line.call("POST", EMOJIS, FLAME)).refusal == (403, 50013)


async def test_the_applications_own_are_no_servers_but_used_everywhere(line: Line) -> None:
    made = (await line.call("POST", OWN_EMOJIS, FLAME)).body
    assert (await line.call("GET", f"{EMOJIS}/{made['id']}")).refusal == (404, 10014)
    async with Person.at(line.url) as you:
        written = await you.write("look")
        reacted = await you.react(written, f"flame:{made['id']}")
    assert reacted["reactions"][0]["emoji"]["name"] == "flame"
