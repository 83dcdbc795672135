"""Interactions: who may answer, how, how often and until when."""

import pytest

from bot.local_discord.newcomer import APPLICATION_ID, CHANNEL_ID, GUILD_ID
from bot.local_discord.wire import Json
from tests.bot.local_discord.conftest import COMMANDS, MESSAGES, PAINT, Line

EPHEMERAL, LOADING = 64, 128
ORIGINAL = "/messages/@original"
ONE_FIELD: Json = {"type": 4, "custom_id": "name", "style": 1}
MODAL: Json = {
    "custom_id": "ask",
    "title": "Ask",
    "components": [{"type": 18, "label": "Name", "component": ONE_FIELD}],
}


async def test_the_bot_is_told_all_it_needs_of_a_command(line: Line) -> None:
    async with line.gateway() as gateway:
        await gateway.identify(intents=0)
        await line.started(steps=7)
        heard = (await gateway.until("INTERACTION_CREATE"))["d"]
    assert heard["type"] == 2
    assert heard["data"]["options"] == [
        {"name": "prompt", "type": 3, "value": "a red circle"},
        {"name": "steps", "type": 4, "value": 7},
    ]
    assert heard["attachment_size_limit"] == 10 * 2**20
    assert heard["member"]["user"]["username"] == "you"
    assert (heard["guild_id"], heard["guild"]["id"]) == (GUILD_ID, GUILD_ID)
    assert heard["authorizing_integration_owners"] == {"0": GUILD_ID}
    assert heard["context"] == 0
    assert int(heard["app_permissions"]) > 0


async def test_an_answer_becomes_a_message_that_names_its_command(line: Line) -> None:
    interaction = await line.started()
    receipt = (await line.respond(interaction, {"type": 4, "data": {"content": "hi"}})).body
    message = receipt["resource"]["message"]
    assert receipt["interaction"]["response_message_id"] == message["id"]
    assert (message["type"], message["interaction"]["name"]) == (20, "paint")
    assert message["webhook_id"] == message["application_id"] == APPLICATION_ID
    assert (await line.call("GET", f"{MESSAGES}/{message['id']}")).body["content"] == "hi"


async def test_without_with_response_there_is_nothing_to_read(line: Line) -> None:
    interaction = await line.started()
    path = f"/interactions/{interaction.id}/{interaction.token}/callback"
    assert (await line.call("POST", path, {"type": 5}, token=None)).status == 204


@pytest.mark.parametrize("first", [4, 5])
@pytest.mark.parametrize("second", [4, 5, 9])
async def test_a_second_response_is_refused(line: Line, first: int, second: int) -> None:
    interaction = await line.started()
    await line.respond(interaction, {"type": first, "data": {"content": "x"}})
    data = MODAL if second == 9 else {"content": "y"}
    answer = await line.respond(interaction, {"type": second, "data": data})
    assert answer.refusal == (400, 40060)


async def test_after_three_seconds_the_interaction_is_unknown_and_failed(line: Line) -> None:
    interaction = await line.started()
    line.discord.clock.advance(3.1)
    assert (await line.respond(interaction, {"type": 5})).refusal == (404, 10062)
    line.discord.interactions.give_up_overdue()
    assert interaction.view()["state"] == "failed"


async def test_a_wrong_id_or_token_is_unknown(line: Line) -> None:
    interaction = await line.started()
    for path in (f"{interaction.id}/nonsense", f"1/{interaction.token}"):
        answer = await line.call("POST", f"/interactions/{path}/callback", {"type": 5}, token=None)
        assert answer.refusal == (404, 10062)


async def test_the_webhook_opens_with_the_first_response_and_closes_after_fifteen_minutes(
    line: Line,
) -> None:
    interaction = await line.started()
    early = await line.follow(interaction, "POST", body={"content": "early"})
    assert early.refusal == (404, 10015)
    await line.respond(interaction, {"type": 5})
    line.discord.clock.advance(15 * 60 - 5)
    assert (await line.follow(interaction, "PATCH", ORIGINAL, {"content": "x"})).status == 200
    line.discord.clock.advance(6)
    for method, path in (("POST", ""), ("PATCH", ORIGINAL), ("GET", ORIGINAL)):
        late = await line.follow(interaction, method, path, {"content": "late"})
        assert late.refusal == (401, 50027)


async def test_a_token_may_die_early(line: Line) -> None:
    interaction = await line.started()
    await line.respond(interaction, {"type": 5})
    interaction.is_revoked = True
    answer = await line.follow(interaction, "PATCH", ORIGINAL, {"content": "x"})
    assert answer.refusal == (401, 50027)


async def test_nobody_knows_a_made_up_webhook(line: Line) -> None:
    path = f"/webhooks/{APPLICATION_ID}/made-up{ORIGINAL}"
    assert (await line.call("GET", path, token=None)).refusal == (404, 10015)


async def test_a_deferral_thinks_until_it_is_edited(line: Line) -> None:
    interaction = await line.started()
    receipt = (await line.respond(interaction, {"type": 5})).body
    assert receipt["interaction"]["response_message_loading"] is True
    thinking = (await line.follow(interaction, "GET", ORIGINAL)).body
    assert thinking["flags"] & LOADING
    done = (await line.follow(interaction, "PATCH", ORIGINAL, {"content": "done"})).body
    assert (done["id"], done["content"]) == (thinking["id"], "done")
    assert not done["flags"] & LOADING
    assert done["edited_timestamp"] is None


async def test_the_first_follow_up_of_a_deferral_takes_its_place(line: Line) -> None:
    interaction = await line.started()
    await line.respond(interaction, {"type": 5, "data": {"flags": EPHEMERAL}})
    first = (await line.follow(interaction, "POST", body={"content": "one"})).body
    assert first["id"] == interaction.original_id
    assert first["flags"] & EPHEMERAL
    second = (await line.follow(interaction, "POST", body={"content": "two"})).body
    assert (second["type"], second["message_reference"]["message_id"]) == (19, first["id"])
    assert not second["flags"] & EPHEMERAL


async def test_an_unfinished_deferral_fails_when_its_token_dies(line: Line) -> None:
    interaction = await line.started()
    await line.respond(interaction, {"type": 5})
    line.discord.clock.advance(15 * 60 + 1)
    line.discord.interactions.give_up_overdue()
    assert interaction.has_failed


async def test_an_ephemeral_answer_is_for_one_person_and_its_own_webhook(line: Line) -> None:
    interaction = await line.started()
    data = {"content": "psst", "flags": EPHEMERAL}
    message = (await line.respond(interaction, {"type": 4, "data": data})).body["resource"]
    path = f"{MESSAGES}/{message['message']['id']}"
    for method in ("GET", "DELETE"):
        assert (await line.call(method, path)).refusal == (404, 10008)
    assert (await line.call("GET", MESSAGES)).body == []
    edited = await line.follow(interaction, "PATCH", ORIGINAL, {"content": "psssst"})
    assert edited.body["flags"] & EPHEMERAL
    assert (await line.follow(interaction, "DELETE", ORIGINAL)).status == 204
    assert (await line.follow(interaction, "GET", ORIGINAL)).refusal == (404, 10008)


async def test_a_channel_message_is_never_ephemeral(line: Line) -> None:
    sent = (await line.call("POST", MESSAGES, {"content": "x", "flags": EPHEMERAL})).body
    assert not sent["flags"] & EPHEMERAL


async def test_a_press_may_change_its_message_at_once_or_later(line: Line) -> None:
    press = await line.pressed()
    receipt = (await line.respond(press, {"type": 7, "data": {"content": "new"}})).body
    assert receipt["resource"]["type"] == 7
    assert receipt["resource"]["message"]["id"] == press.source_id
    assert receipt["resource"]["message"]["components"], "what is not named stays"
    press = await line.pressed()
    await line.respond(press, {"type": 6})
    later = (await line.follow(press, "PATCH", ORIGINAL, {"content": "later"})).body
    assert (later["id"], later["content"]) == (press.source_id, "later")


async def test_the_bot_is_told_which_component_of_which_message(line: Line) -> None:
    async with line.gateway() as gateway:
        await gateway.identify()
        press = await line.pressed()
        while (heard := (await gateway.until("INTERACTION_CREATE"))["d"])["type"] != 3:
            pass
    assert heard["data"]["custom_id"] == "again"
    assert heard["message"]["id"] == press.source_id
    assert heard["message"]["components"][0]["components"][0]["custom_id"] == "again"


@pytest.mark.parametrize(("kind", "wrong"), [("command", [6, 7, 8, 1, 99]), ("press", [8, 1])])
async def test_an_answer_of_the_wrong_kind_names_the_right_ones(
    line: Line, kind: str, wrong: list[int]
) -> None:
    interaction = await (line.started() if kind == "command" else line.pressed())
    for number in wrong:
        answer = await line.respond(interaction, {"type": number, "data": {}})
        assert answer.refusal == (400, 50035)
    assert (await line.respond(interaction, {"type": 5})).status == 200


@pytest.mark.parametrize(
    ("choices", "is_good"),
    [
        ([], True),
        ([{"name": "Euler", "value": "euler"}] * 25, True),
        ([{"name": "Euler", "value": "euler"}] * 26, False),
        ([{"name": "x" * 101, "value": "euler"}], False),
        ([{"name": "", "value": "euler"}], False),
        ([{"name": "x", "value": "x" * 101}], False),
        ([{"name": "Euler", "value": 5}], False),
        ([{"name": "Euler"}], False),
    ],
)
async def test_suggestions_are_at_most_25_and_of_the_options_own_type(
    line: Line, choices: list[Json], is_good: bool
) -> None:
    await line.call("PUT", COMMANDS, [PAINT])
    asked = line.discord.person("you").ask(CHANNEL_ID, "paint", {"sampler": "eu"}, "sampler")
    assert asked.data["options"] == [{"name": "sampler", "type": 3, "value": "eu", "focused": True}]
    answer = await line.respond(asked, {"type": 8, "data": {"choices": choices}})
    assert answer.status == (200 if is_good else 400)


async def test_where_only_the_person_has_the_app_five_follow_ups_are_all(line: Line) -> None:
    guild = line.discord.world.guild(GUILD_ID)
    await line.call("PUT", COMMANDS, [PAINT | {"integration_types": [1]}])
    del guild.members[APPLICATION_ID]
    person = line.discord.person("you")
    line.discord.world.application.installed_by.add(person.user.id)
    interaction = person.call(CHANNEL_ID, "paint", {"prompt": "x"})
    assert interaction.owners == {"1": person.user.id}
    await line.respond(interaction, {"type": 4, "data": {"content": "x"}})
    sent = [await line.follow(interaction, "POST", body={"content": "x"}) for _ in range(6)]
    assert [answer.status for answer in sent[:5]] == [200] * 5
    assert sent[5].refusal == (400, 40094)
