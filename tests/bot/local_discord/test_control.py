"""The control API: a person and a director over HTTP, and nobody else's page."""

import pytest

from bot.local_discord.director import Director
from bot.local_discord.newcomer import CHANNEL_ID, GUILD_ID
from bot.local_discord.person import File, NotAnswered, Person, Refused
from tests.bot.local_discord.conftest import COMMANDS, MESSAGES, PAINT, Line


async def test_a_person_sees_servers_channels_and_themselves(you: Person) -> None:
    around = await you.look_around()
    assert around["you"]["global_name"] == "You"
    assert [guild["name"] for guild in around["guilds"]] == [
        "Athanor's workshop",
        "Painters' circle",
    ]
    assert around["bot_is_online"] is False
    assert await you.channel_id("imagine") == CHANNEL_ID


async def test_a_private_conversation_is_named_by_the_other_in_it(you: Person) -> None:
    await you.open_dm()
    [dm] = (await you.look_around())["dms"]
    assert [user["username"] for user in dm["recipients"]] == ["athanor"]


async def test_what_happens_is_told_as_it_happens(line: Line, you: Person) -> None:
    await line.call("POST", MESSAGES, {"content": "hello"})
    await you.wait_for_message(lambda it: it["content"] == "hello")
    assert [event["type"] for event in you.events] == ["HELLO", "MESSAGE_CREATE"]


async def test_an_ephemeral_message_is_seen_by_its_person_and_can_be_dismissed(
    line: Line, you: Person
) -> None:
    interaction = await line.started()
    body = {"type": 4, "data": {"content": "psst", "flags": 64}}
    await line.respond(interaction, body)
    [message] = await you.messages()
    assert message["content"] == "psst"
    path = f"{you.base}/channels/{CHANNEL_ID}/messages/{message['id']}"
    await you.ask("DELETE", path)
    assert await you.messages() == []


async def test_a_refusal_is_one_sentence(line: Line, you: Person) -> None:
    await line.call("PUT", COMMANDS, [PAINT])
    with pytest.raises(Refused, match=r"^`prompt` is required\.$"):
        await you.slash("paint")
    with pytest.raises(Refused, match="There is no command sing here; there are: paint"):
        await you.slash("sing")
    with pytest.raises(Refused, match=r"larger than 10 MiB"):
        await you.slash("paint", prompt="x", image=File("big.png", bytes(10 * 2**20 + 1)))


@pytest.mark.parametrize("disabled", [True, False])
async def test_a_select_takes_only_what_it_offers(line: Line, you: Person, disabled: bool) -> None:
    options = [{"label": one, "value": one} for one in "abc"]
    select = {"type": 3, "custom_id": "pick", "options": options, "max_values": 2}
    row = {"type": 1, "components": [select | {"disabled": disabled}]}
    sent = await line.call("POST", MESSAGES, {"content": "x", "components": [row]})
    for values in (["d"], [], ["a", "b", "c"]):
        with pytest.raises(Refused):
            await you.choose(sent.body, "pick", *values)
    if disabled:
        with pytest.raises(Refused, match="is disabled"):
            await you.choose(sent.body, "pick", "a")
    else:
        await you.choose(sent.body, "pick", "a", "b")


async def test_a_command_nobody_answers_has_failed_after_three_seconds(
    line: Line, you: Person, director: Director
) -> None:
    await line.call("PUT", COMMANDS, [PAINT])
    sent = await you.slash("paint", prompt="x")
    await director.stop_clock()
    await director.advance(4)
    with pytest.raises(NotAnswered, match="The application did not respond"):
        await you.answer(sent)
    views = [event["interaction"] for event in you.events if event["type"] == "INTERACTION"]
    assert [view["state"] for view in views] == ["waiting", "failed"]


async def test_faults_strike_as_often_as_told(line: Line, director: Director) -> None:
    await director.fail(502, "/users/@me", times=2)
    await director.delay(0.01, "/users/@me")
    statuses = [(await line.session.get(f"{line.url}/api/v10/users/@me")).status for _ in "abc"]
    assert statuses == [502, 502, 401]
    await director.rate_limit("/users", retry_after=2.0, scope="global")
    async with line.session.get(f"{line.url}/api/v10/users/@me") as limited:
        body = await limited.json()
        assert (limited.status, body["retry_after"], body["global"]) == (429, 2.0, True)
        assert limited.headers["Via"]
    await director.ban()
    await director.clear_faults()
    assert (await line.call("GET", "/users/@me")).status == 200


async def test_an_answer_may_be_lost_after_what_was_asked_is_done(
    line: Line, you: Person, director: Director
) -> None:
    await director.fail(502, r"/channels/\d+/messages", takes_effect=True)
    body = {"content": "once", "nonce": "7", "enforce_nonce": True}
    assert (await line.call("POST", MESSAGES, body)).status == 502
    assert (await line.call("POST", MESSAGES, body)).status == 200
    assert [message["content"] for message in await you.messages()] == ["once"]


async def test_the_director_sets_limits_permissions_and_removes_messages(
    line: Line, you: Person, director: Director
) -> None:
    await director.set_attachment_limit(GUILD_ID, 10)
    answer = await line.call("POST", MESSAGES, {}, files={"a.bin": bytes(11)})
    assert answer.refusal == (413, 40005)
    written = await you.write("mine")
    await director.delete_message(written)
    assert await you.messages() == []
    await director.set_bot_permissions(GUILD_ID, 0)
    await director.overwrite(CHANNEL_ID, GUILD_ID, deny=1 << 11)
    assert (await line.call("POST", MESSAGES, {"content": "x"})).refusal == (403, 50013)


async def test_the_record_can_be_read_and_emptied(line: Line, director: Director) -> None:
    await line.call("GET", "/no/such/thing")
    await line.call("GET", "/channels/1")
    record = await director.record()
    assert record["unknown_routes"] == ["GET /api/v10/no/such/thing"]
    assert record["requests"][-1]["code"] == 10003
    await director.forget()
    assert (await director.record())["requests"] == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("people/nobody", 404),
        ("people/nobody/events", 404),
        ("people/you/channels/1/messages", 404),
        (f"people/you/channels/{CHANNEL_ID}/messages?limit=many", 400),
        ("interactions/1", 404),
    ],
)
async def test_a_question_about_nothing_is_refused(line: Line, path: str, status: int) -> None:
    async with line.session.get(f"{line.url}/local/{path}") as response:
        assert response.status == status


async def test_a_fault_of_ours_is_a_violation_and_not_a_bad_day(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(line.discord.payloads, "world")
    assert (await line.call("GET", "/users/@me")).status == 500
    [violation] = line.discord.record.violations
    assert (violation.kind, violation.route) == ("answer", "GET /users/@me")
    line.discord.record.forget()


async def test_a_page_from_elsewhere_is_not_served(line: Line) -> None:
    headers = {"Origin": "https://evil.example"}
    url = f"{line.url}/local/people/you"
    async with line.session.get(url, headers=headers) as response:
        assert response.status == 403
    async with line.session.get(url, headers={"Origin": line.url}) as response:
        assert response.status == 200


async def test_a_strange_host_name_is_not_served(line: Line) -> None:
    headers = {"Host": "evil.example"}
    async with line.session.get(f"{line.url}/local/people/you", headers=headers) as response:
        assert response.status == 403
