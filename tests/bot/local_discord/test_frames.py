"""Every kind of gateway frame against the types that Discord's own community publishes."""

import pytest

from bot.local_discord.director import Director
from bot.local_discord.frame_schema import FrameSchema
from bot.local_discord.newcomer import BOT_ROLE_ID, CHANNEL_ID, GUILD_ID, LOUNGE_ID, ROBIN_ID
from bot.local_discord.person import File, Person
from bot.local_discord.wire import Json
from tests.bot.local_discord.conftest import COMMANDS, MESSAGES, PAINT, Gateway, Line
from tests.bot.local_discord.test_emojis import data_uri
from tests.bot.local_discord.test_messages import png
from tests.gateway_types import CannotMake, make_schema

ALL_INTENTS = 1 | 1 << 1 | 1 << 3 | 1 << 9 | 1 << 10 | 1 << 12 | 1 << 13 | 1 << 15
ALL_FLAGS = 1 << 12 | 1 << 14 | 1 << 18
ANYTHING = {
    "name": "anything",
    "description": "every kind of option",
    "options": [
        {"type": kind, "name": f"o{kind}", "description": "x"} for kind in (3, 4, 5, 6, 7, 8, 9)
    ]
    + [{"type": kind, "name": f"o{kind}", "description": "x"} for kind in (10, 11)],
}
MENUS = [{"type": 3, "name": "Look"}, {"type": 2, "name": "Greet"}]
ROWS: list[Json] = [
    {"type": 1, "components": [{"type": 2, "style": 1, "label": "Go", "custom_id": "go"}]},
    *(
        {"type": 1, "components": [{"type": kind, "custom_id": f"s{kind}"}]}
        for kind in (5, 6, 7, 8)
    ),
]
MODAL: Json = {
    "custom_id": "modal",
    "title": "Everything",
    "components": [
        {"type": 18, "label": "a", "component": {"type": 4, "custom_id": "text", "style": 1}},
        {"type": 18, "label": "b", "component": {"type": 19, "custom_id": "file"}},
        {"type": 18, "label": "c", "component": {"type": 5, "custom_id": "user"}},
        {"type": 18, "label": "d", "component": {"type": 23, "custom_id": "box"}},
        {"type": 10, "content": "words"},
    ],
}


@pytest.fixture(scope="module")
def frames() -> FrameSchema:
    """The schema, made now if it has to be; whatever breaks it fails the test's `line`."""
    try:
        return FrameSchema.read(make_schema())
    except CannotMake as error:
        pytest.skip(str(error))


async def heard(gateway: Gateway) -> set[str]:
    """The names of all events up to now."""
    await gateway.send(1, None)
    names = set()
    while (frame := await gateway.receive())["op"] != 11:
        names.add(str(frame["t"]))
    return names


async def test_what_a_community_does_is_told_in_the_published_shapes(
    line: Line, you: Person
) -> None:
    async with Director.at(line.url) as director, line.gateway() as gateway:
        await director.grant_privileged_intents(ALL_FLAGS)
        await gateway.greeted(intents=ALL_INTENTS)
        ada = await director.add_person("ada", GUILD_ID)
        role = await director.add_role(GUILD_ID, "Tidy", color=0xFF0000)
        await director.set_role_permissions(GUILD_ID, role["id"], 8)
        await director.give_role(GUILD_ID, "ada", role["id"])
        channel = await director.add_channel(GUILD_ID, "den", topic="dark")
        await director.overwrite(channel["id"], ada["id"], deny=1)
        written = await you.write("look", channel="den", files=[File("a.png", png())])
        await you.write(f"yes <@{ada['id']}>", channel="den", reply_to=written)
        await you.rewrite(written, "look here")
        guild = line.discord.world.guild(GUILD_ID)
        flame = line.discord.emojis.add("flame", data_uri(png()), ROBIN_ID, guild)
        for emoji in ("⭐", f"flame:{flame.id}", "😀"):
            await you.react(written, emoji)
        await you.take_back(written, "⭐")
        message = line.discord.world.message(channel["id"], written["id"])
        line.discord.reactions.clear(message, "😀")
        line.discord.reactions.clear(message)
        await you.pin(written)
        await director.boost(GUILD_ID, 2)
        thread = await you.start_thread("talk", message=written)
        await you.start_thread("alone", channel="den")
        async with Person.at(line.url, "ada") as friend:
            await friend.write("in it", channel=thread["id"])
            await friend.leave_thread(thread)
        await you.change_thread(thread, is_archived=True)
        await you.write("hello", channel=await you.open_dm())
        await you.delete(written)
        await director.remove_channel(channel["id"])
        await director.remove_role(GUILD_ID, role["id"])
        await director.remove_member(GUILD_ID, "ada")
        await director.remove_member(GUILD_ID, "bot")
        await director.add_member(GUILD_ID, "bot")
        assert await heard(gateway) == {
            *("GUILD_MEMBER_ADD", "GUILD_MEMBER_UPDATE", "GUILD_MEMBER_REMOVE"),
            *("GUILD_ROLE_CREATE", "GUILD_ROLE_UPDATE", "GUILD_ROLE_DELETE"),
            *("CHANNEL_CREATE", "CHANNEL_UPDATE", "CHANNEL_DELETE"),
            *("MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE"),
            *("THREAD_CREATE", "THREAD_UPDATE", "THREAD_DELETE", "THREAD_MEMBERS_UPDATE"),
            *("MESSAGE_REACTION_ADD", "MESSAGE_REACTION_REMOVE", "MESSAGE_REACTION_REMOVE_ALL"),
            *("MESSAGE_REACTION_REMOVE_EMOJI", "GUILD_EMOJIS_UPDATE", "CHANNEL_PINS_UPDATE"),
            *("GUILD_DELETE", "GUILD_CREATE", "GUILD_UPDATE"),
        }


async def test_every_kind_of_command_is_told_in_the_published_shape(
    line: Line, you: Person
) -> None:
    assert (await line.call("PUT", COMMANDS, [PAINT, ANYTHING, *MENUS])).status == 200
    values: Json = {"o3": "text", "o4": 1, "o5": True, "o6": ROBIN_ID, "o7": LOUNGE_ID}
    values |= {"o8": BOT_ROLE_ID, "o9": ROBIN_ID, "o10": 0.5}
    async with line.gateway() as gateway:
        await gateway.greeted()
        for channel in (CHANNEL_ID, await you.open_dm()):
            await you.slash("paint", channel=channel, prompt="x")
            line.discord.person("you").ask(channel, "paint", {"sampler": "e"}, "sampler")
            written = await you.write("look", channel=channel, files=[File("a.png", png())])
            await you.menu("Look", written)
        await you.slash("anything", **values, o11=File("a.png", png()))
        await you.user_menu("Greet", ROBIN_ID)
        kinds = []
        for _ in range(8):
            told = (await gateway.until("INTERACTION_CREATE"))["d"]
            kinds.append((told["type"], told["data"]["type"]))
    in_one_place = [(2, 1), (4, 1), (2, 3)]
    assert kinds == [*in_one_place, *in_one_place, (2, 1), (2, 2)]


async def test_every_kind_of_press_is_told_in_the_published_shape(line: Line, you: Person) -> None:
    sent = (await line.call("POST", MESSAGES, {"content": "x", "components": ROWS})).body
    chosen = {"s5": ROBIN_ID, "s6": BOT_ROLE_ID, "s7": ROBIN_ID, "s8": LOUNGE_ID}
    async with line.gateway() as gateway:
        await gateway.greeted()
        press = await you.press(sent, "Go")
        for select, value in chosen.items():
            await you.choose(sent, select, value)
        opened = line.discord.interactions.by_id[press.id]
        assert (await line.respond(opened, {"type": 9, "data": MODAL})).status == 200
        filled = {"text": "Ada", "file": [File("a.png", png())], "user": [ROBIN_ID], "box": True}
        await you.submit(press, filled)
        kinds = [(await gateway.until("INTERACTION_CREATE"))["d"]["type"] for _ in range(6)]
    assert kinds == [3, 3, 3, 3, 3, 5]


async def test_a_frame_of_another_shape_is_a_violation(line: Line) -> None:
    async with line.gateway() as gateway:
        await gateway.greeted()
        for event, payload in (("MESSAGE_DELETE", {"id": 5}), ("NO_SUCH_EVENT", {})):
            line.discord.sessions.dispatch(event, payload, guild_id=None)
    problems = [one.detail for one in line.discord.record.violations]
    assert problems == [
        'd/id: 5 is not of type "string"',
        "Discord dispatches nothing called NO_SUCH_EVENT.",
    ]
    line.discord.record.forget()
