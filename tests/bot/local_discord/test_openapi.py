"""Discord's own description as judge of requests and answers, where it is at hand."""

import pytest

from bot.local_discord.newcomer import APPLICATION_ID, CHANNEL_ID, GUILD_ID, ROBIN_ID
from bot.local_discord.openapi import OpenApi
from bot.local_discord.person import Person
from bot.local_discord.rest.routes import ROUTES
from bot.local_discord.wire import Json
from tests.bot.local_discord.conftest import COMMANDS, MESSAGES, PAINT, Line, description_path
from tests.bot.local_discord.test_emojis import data_uri
from tests.bot.local_discord.test_messages import png


@pytest.fixture
def judge(description: OpenApi | None) -> OpenApi:
    if description is None:
        pytest.skip(f"Discord's OpenAPI description is not at {description_path()}")
    return description


def test_every_route_here_is_one_of_discords(judge: OpenApi) -> None:
    unknown = [
        f"{route.method} {route.path}"
        for route in ROUTES
        if route.is_described and route.method.lower() not in judge.paths.get(route.path, {})
    ]
    assert unknown == []


async def test_every_readable_route_answers_as_described(judge: OpenApi, line: Line) -> None:
    await line.call("PUT", COMMANDS, [PAINT])
    sent = await line.call("POST", MESSAGES, {"content": "x"})
    thread = {"name": "x", "type": 11}
    started = await line.call("POST", f"/channels/{CHANNEL_ID}/threads", thread)
    line.discord.world.application.flags = 1 << 14
    picture, guild = data_uri(png()), line.discord.world.guild(GUILD_ID)
    of_guild = line.discord.emojis.add("ours", picture, ROBIN_ID, guild)
    of_app = line.discord.emojis.add("its", picture, ROBIN_ID, None)
    async with Person.at(line.url) as you:
        await you.react(sent.body, "⭐")
        await you.pin(sent.body)
    command = line.discord.commands.listed(None)[0]
    names = {
        "application_id": APPLICATION_ID,
        "guild_id": GUILD_ID,
        "channel_id": CHANNEL_ID,
        "message_id": sent.body["id"],
        "user_id": APPLICATION_ID,
        "command_id": command.id,
        "role_id": GUILD_ID,
        "emoji_name": "⭐",
    }
    for route in ROUTES:
        if route.method == "GET" and route.needs_token and "guilds/{guild_id}/c" not in route.path:
            is_of_thread = "thread-members" in route.path
            place = {"channel_id": started.body["id"]} if is_of_thread else {}
            is_of_guild = route.path.startswith("/guilds")
            place["emoji_id"] = (of_guild if is_of_guild else of_app).id
            path = route.path.format(**(names | place))
            assert (await line.call("GET", path)).status == 200
    assert line.discord.record.violations == []


@pytest.mark.parametrize(
    ("path", "body", "where", "code"),
    [
        (MESSAGES, {"content": 5}, ("content",), "BASE_TYPE_INVALID"),
        (MESSAGES, {"flags": "many"}, ("flags",), "BASE_TYPE_INVALID"),
        (MESSAGES, {"poll": {}}, ("poll",), "BASE_TYPE_INVALID"),
        ("/users/@me/channels", {"recipient_id": "you"}, ("recipient_id",), "BASE_TYPE_INVALID"),
    ],
)
async def test_a_request_that_breaks_the_description_is_refused_and_remembered(
    judge: OpenApi, line: Line, path: str, body: Json, where: tuple[str, ...], code: str
) -> None:
    answer = await line.call("POST", path, body)
    assert code in answer.errors_at(*where)
    [violation] = line.discord.record.violations
    assert (violation.kind, where[0] in violation.detail) == ("request", True)


async def test_an_error_deep_in_a_union_names_its_field(judge: OpenApi, line: Line) -> None:
    row = {"type": 1, "components": [{"type": 2, "style": 1, "label": "x" * 81}]}
    answer = await line.call("POST", MESSAGES, {"content": "x", "components": [row]})
    where = ("components", "0", "components", "0", "label")
    assert answer.errors_at(*where) == ["BASE_TYPE_MAX_LENGTH"]


@pytest.mark.parametrize(
    ("status", "payload", "is_good"),
    [
        (200, {"url": "ws://x", "shards": 1, "session_start_limit": {}}, False),
        (200, {"url": "ws://x"}, False),
        (401, {"message": "401: Unauthorized", "code": 0}, True),
        (400, {"message": "no code"}, False),
        (429, {"message": "slow", "code": 0, "retry_after": 1.0, "global": False}, True),
        (302, {}, False),
    ],
)
def test_an_answer_of_ours_is_judged_by_its_status(
    judge: OpenApi, status: int, payload: Json, is_good: bool
) -> None:
    problem = judge.answer_problem("GET", "/gateway/bot", status, payload)
    assert (problem is None) is is_good


def test_ids_may_be_sent_as_numbers_but_not_answered_so(judge: OpenApi) -> None:
    attached = {"attachments": [{"id": 0, "filename": "a.png"}]}
    assert judge.request_problems("POST", "/channels/{channel_id}/messages", attached) == []
    user = {"id": 5, "username": "x"}
    assert judge.answer_problem("GET", "/users/@me", 200, user)
