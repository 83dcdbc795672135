"""Registering commands, and which of them a person is offered."""

from typing import Any

import pytest

from bot.local_discord.interactions.refusals import Impossible
from bot.local_discord.newcomer import APPLICATION_ID, CHANNEL_ID, GUILD_ID
from bot.local_discord.wire import Json
from tests.bot.local_discord.conftest import COMMANDS, PAINT, Line

GUILD_COMMANDS = f"/applications/{APPLICATION_ID}/guilds/{GUILD_ID}/commands"


def command(name: str = "x", **more: Any) -> Json:
    return {"name": name, "description": "does x"} | more


def option(name: str = "o", **more: Any) -> Json:
    return {"type": 3, "name": name, "description": "an option"} | more


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (command("Upper"), ("name",)),
        (command("two words"), ("name",)),
        (command("x" * 33), ("name",)),
        (command(""), ("name",)),
        (command(description=""), ("description",)),
        (command(description="x" * 101), ("description",)),
        (command(options=[option(str(n)) for n in range(26)]), ("options",)),
        (command(options=[option("Big")]), ("options", "0", "name")),
        (command(options=[option(), option()]), ("options", "1", "name")),
        (command(options=[option("a"), option("b", required=True)]), ("options", "1")),
        (command(options=[option(description="")]), ("options", "0", "description")),
        (
            command(options=[option(autocomplete=True, choices=[{"name": "a", "value": "a"}])]),
            ("options", "0", "autocomplete"),
        ),
        (
            command(options=[option(choices=[{"name": "a", "value": "a"}] * 26)]),
            ("options", "0", "choices"),
        ),
        (
            command(options=[option(type=1), option("b")]),
            ("options",),
        ),
        (command("Menu", type=3), ("description",)),
        (
            command(
                options=[
                    option(f"o{n}", choices=[{"name": "n" * 90, "value": "v" * 90}] * 20)
                    for n in range(3)
                ]
            ),
            (),
        ),
    ],
)
async def test_a_bad_command_is_refused_by_field(
    line: Line, body: Json, where: tuple[str, ...]
) -> None:
    assert (await line.call("PUT", COMMANDS, [body])).errors_at("0", *where)
    assert line.discord.commands.listed(None) == []


@pytest.mark.parametrize("name", ["über", "絵", "चित्र", "a-b_c", "it's", "x" * 32])
async def test_names_of_many_scripts_are_names(line: Line, name: str) -> None:
    assert (await line.call("PUT", COMMANDS, [command(name)])).status == 200


@pytest.mark.parametrize(("kind", "most"), [(1, 100), (2, 15), (3, 15)])
async def test_there_is_a_most_of_each_kind(line: Line, kind: int, most: int) -> None:
    many = [{"name": f"c{n}", "type": kind} for n in range(most + 1)]
    many = [one | ({"description": "x"} if kind == 1 else {}) for one in many]
    assert (await line.call("PUT", COMMANDS, many)).refusal == (400, 30032)
    assert (await line.call("PUT", COMMANDS, many[1:])).status == 200


async def test_two_hundred_new_names_a_day_are_enough(line: Line) -> None:
    for batch in range(2):
        names = [command(f"c{batch}-{n}") for n in range(100)]
        assert (await line.call("PUT", COMMANDS, names)).status == 200
    assert (await line.call("PUT", COMMANDS, names)).status == 200, "these are not new"
    assert (await line.call("PUT", COMMANDS, [command("one-more")])).refusal == (400, 30034)
    line.discord.clock.advance(25 * 3600)
    assert (await line.call("PUT", COMMANDS, [command("one-more")])).status == 200


async def test_syncing_again_keeps_ids_and_drops_what_is_gone(line: Line) -> None:
    first = (await line.call("PUT", COMMANDS, [command("a"), command("b")])).body
    second = (await line.call("PUT", COMMANDS, [command("b", description="new"), PAINT])).body
    assert second[0]["id"] == first[1]["id"]
    assert second[0]["version"] != first[1]["version"]
    listed = (await line.call("GET", COMMANDS)).body
    assert [one["name"] for one in listed] == ["b", "paint"]
    same = (await line.call("PUT", COMMANDS, [command("b", description="new"), PAINT])).body
    assert same == second


async def test_one_command_can_be_made_changed_and_removed(line: Line) -> None:
    made = await line.call("POST", COMMANDS, command("a"))
    assert made.status == 201
    assert (await line.call("POST", COMMANDS, command("a"))).status == 200
    path = f"{COMMANDS}/{made.body['id']}"
    changed = (await line.call("PATCH", path, {"description": "new"})).body
    assert (changed["name"], changed["description"]) == ("a", "new")
    assert (await line.call("DELETE", path)).status == 204
    assert (await line.call("GET", path)).refusal == (404, 10063)


async def test_a_servers_own_command_goes_before_the_global_one(line: Line) -> None:
    await line.call("PUT", COMMANDS, [command("a"), command("b")])
    await line.call("PUT", GUILD_COMMANDS, [command("a", description="here")])
    usable = line.discord.person("you").usable_commands(CHANNEL_ID)
    assert {one.name: one.body["description"] for one in usable} == {"a": "here", "b": "does x"}


@pytest.mark.parametrize(
    ("limits", "in_server", "in_dm"),
    [
        ({}, True, True),
        ({"contexts": [0]}, True, False),
        ({"contexts": [1]}, False, True),
        ({"dm_permission": False}, True, False),
        ({"nsfw": True}, False, False),
    ],
)
async def test_a_command_is_offered_where_it_says(
    line: Line, limits: Json, in_server: bool, in_dm: bool
) -> None:
    await line.call("PUT", COMMANDS, [command("a", **limits)])
    person = line.discord.person("you")
    dm = line.discord.world.open_dm(person.user.id, APPLICATION_ID)
    offered = [bool(person.usable_commands(place)) for place in (CHANNEL_ID, dm.id)]
    assert offered == [in_server, in_dm]


async def test_without_the_bot_only_what_a_person_installed_is_offered(line: Line) -> None:
    both = [command("here"), command("mine", integration_types=[1])]
    await line.call("PUT", COMMANDS, both)
    del line.discord.world.guild(GUILD_ID).members[APPLICATION_ID]
    you = line.discord.person("you")
    assert you.usable_commands(CHANNEL_ID) == []
    line.discord.world.application.installed_by.add(you.user.id)
    assert [one.name for one in you.usable_commands(CHANNEL_ID)] == ["mine"]


async def test_a_command_for_moderators_is_not_offered_to_others(line: Line) -> None:
    guild = line.discord.world.guild(GUILD_ID)
    await line.call("PUT", COMMANDS, [command("a", default_member_permissions="8192")])
    person = line.discord.person("you")
    assert person.usable_commands(CHANNEL_ID), "the owner may do everything"
    guild.owner_id = APPLICATION_ID
    assert person.usable_commands(CHANNEL_ID) == []


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "`prompt` is required."),
        ({"prompt": "x", "no": 1}, "/paint has no option `no`."),
        ({"prompt": "x" * 101}, "`prompt` takes 0 to 100 characters; these are 101."),
        ({"prompt": "x", "steps": 51}, "`steps` must be from 1 to 50."),
        ({"prompt": "x", "steps": 1.5}, "`steps` must be a whole number."),
        ({"prompt": "x", "steps": "many"}, "`steps` must be a number."),
        ({"prompt": "x", "size": "3:2"}, "`size` must be one of: Square."),
        ({"prompt": "x", "image": "123"}, "`image` names something that is not there: 123."),
    ],
)
async def test_what_the_client_would_not_send_is_said_in_one_sentence(
    line: Line, values: Json, sentence: str
) -> None:
    await line.call("PUT", COMMANDS, [PAINT])
    with pytest.raises(Impossible) as refused:
        line.discord.person("you").call(CHANNEL_ID, "paint", values)
    assert str(refused.value) == sentence


async def test_a_subcommand_is_called_by_its_full_name(line: Line) -> None:
    start = option("start", type=1, options=[option("name", required=True)])
    await line.call("PUT", COMMANDS, [command("train", options=[start])])
    person = line.discord.person("you")
    sent = person.call(CHANNEL_ID, "train start", {"name": "cat"})
    value = {"name": "name", "type": 3, "value": "cat"}
    assert sent.data["options"] == [{"name": "start", "type": 1, "options": [value]}]
    with pytest.raises(Impossible, match="needs a subcommand: start"):
        person.call(CHANNEL_ID, "train", {})
