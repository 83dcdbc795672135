"""Rate limits as a client meets them: told in headers, and kept to by 429s of the right scope."""

import pytest

from bot.local_discord.director import Director
from bot.local_discord.limits import GLOBAL, MAX_INVALID
from bot.local_discord.newcomer import CHANNEL_ID, GUILD_ID, LOUNGE_ID
from tests.bot.local_discord.conftest import MESSAGES, Answer, Line

HELLO = {"content": "hello"}


@pytest.fixture(autouse=True)
def as_discord_keeps_them(line: Line) -> None:
    line.discord.limits.scale = 1.0


def told(answer: Answer) -> dict[str, str]:
    """What an answer says of its rate limit, without the prefix of the headers' names."""
    prefix = "X-RateLimit-"
    return {
        key.removeprefix(prefix): value
        for key, value in answer.headers.items()
        if key.startswith(prefix)
    }


async def test_every_answer_tells_what_is_left_and_when_there_is_more(line: Line) -> None:
    first, second = [told(await line.call("POST", MESSAGES, HELLO)) for _ in range(2)]
    assert (first["Limit"], first["Remaining"], second["Remaining"]) == ("5", "4", "3")
    assert 4 < float(second["Reset-After"]) <= 5
    assert float(first["Reset"]) == pytest.approx(line.discord.clock.now() + 5, abs=1)
    edit = told(await line.call("POST", MESSAGES, {"content": 5}))
    assert edit["Remaining"] == "2", "what is refused counts too"


async def test_who_overruns_a_bucket_waits_for_it_and_for_no_other(
    line: Line, director: Director
) -> None:
    answers = [await line.call("POST", MESSAGES, HELLO) for _ in range(6)]
    assert [answer.status for answer in answers] == [200] * 5 + [429]
    refused = answers[-1]
    assert told(refused) | {"Scope": "user", "Remaining": "0"} == told(refused)
    assert told(refused)["Bucket"] == told(answers[0])["Bucket"]
    assert refused.headers["Via"]
    assert int(refused.headers["Retry-After"]) >= refused.body["retry_after"] > 4
    assert refused.body["global"] is False
    assert len(line.discord.world.channel(CHANNEL_ID).messages) == 5
    assert (await line.call("POST", f"/channels/{LOUNGE_ID}/messages", HELLO)).status == 200
    await director.advance(refused.body["retry_after"])
    assert (await line.call("POST", MESSAGES, HELLO)).status == 200


async def test_each_interactions_token_has_a_bucket_and_its_callback_none(line: Line) -> None:
    one, other = await line.started(), await line.started()
    answered = [await line.respond(it, {"type": 4, "data": HELLO}) for it in (one, other)]
    assert [told(answer) for answer in answered] == [{}, {}]
    path = "/messages/@original"
    edits = [await line.follow(one, "PATCH", path, HELLO) for _ in range(6)]
    assert [edit.status for edit in edits] == [200] * 5 + [429]
    assert (await line.follow(other, "PATCH", path, HELLO)).status == 200


async def test_more_than_fifty_requests_a_second_are_too_many_but_answers_to_people_are_free(
    line: Line,
) -> None:
    line.discord.limits.scale = 60.0  # the window is a minute: however slow, it is one
    interaction = await line.started()
    num_sent = 1  # its command was registered
    for _ in range(GLOBAL.num_requests - num_sent):
        await line.call("GET", "/users/@me")
    refused = await line.call("GET", f"/channels/{CHANNEL_ID}")
    assert (refused.status, refused.body["global"]) == (429, True)
    assert told(refused) == {"Scope": "global", "Global": "true"}
    assert (await line.respond(interaction, {"type": 4, "data": HELLO})).status == 200


async def test_a_channel_is_renamed_twice_in_ten_minutes_by_all_together(
    line: Line, director: Director
) -> None:
    await director.set_bot_permissions(GUILD_ID, 8)
    path = f"/channels/{CHANNEL_ID}"
    renamed = [await line.call("PATCH", path, {"name": name}) for name in ("one", "two", "three")]
    assert [answer.status for answer in renamed] == [200, 200, 429]
    assert told(renamed[-1])["Scope"] == "shared"
    assert int(told(renamed[-1])["Remaining"]) > 0, "the route itself has room"
    assert renamed[-1].body["message"] == "The resource is being rate limited."
    assert (await line.call("PATCH", path, {"nsfw": True})).status == 200
    await director.advance(600)
    assert (await line.call("PATCH", path, {"name": "four"})).status == 200


async def test_ten_thousand_invalid_requests_bring_the_wall_down(line: Line) -> None:
    limits = line.discord.limits
    for _ in range(MAX_INVALID - 1):
        limits.note_answer(403, {})
    limits.note_answer(429, {"X-RateLimit-Scope": "shared"})
    assert (await line.call("GET", "/users/@me", token="Bot wrong")).status == 401
    refused = await line.call("GET", "/users/@me")
    assert (refused.status, refused.headers.get("Via")) == (429, None)
    line.discord.clock.advance(601)
    assert (await line.call("GET", "/users/@me")).status == 200
