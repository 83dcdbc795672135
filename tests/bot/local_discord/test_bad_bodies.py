"""Whatever stands where something else should is refused by the rules, and never our crash."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from bot.local_discord.newcomer import BOT_ROLE_ID, CHANNEL_ID, GUILD_ID, ROBIN_ID
from bot.local_discord.permissions import ADMINISTRATOR
from bot.local_discord.wire import Json
from tests.bot.local_discord.conftest import COMMANDS, MESSAGES, PAINT, Line, open_line
from tests.bot.local_discord.test_emojis import data_uri
from tests.bot.local_discord.test_messages import png

NASTY: list[Any] = [None, True, -1, 2**70, "x" * 5000, "\ud83d", {}, [None]]
BUTTON: Json = {"type": 2, "style": 1, "label": "Go", "custom_id": "go"}
SELECT: Json = {"type": 3, "custom_id": "s", "options": [{"label": "a", "value": "a"}]}
MESSAGE: Json = {
    "content": "hello",
    "embeds": [{"title": "t", "fields": [{"name": "n", "value": "v"}], "image": {"url": "x"}}],
    "components": [
        {"type": 1, "components": [BUTTON]},
        {"type": 1, "components": [SELECT]},
    ],
    "allowed_mentions": {"parse": ["users"], "roles": []},
    "attachments": [{"id": 0, "filename": "a.png"}],
    "flags": 0,
    "nonce": "1",
    "message_reference": {"message_id": "1", "fail_if_not_exists": False},
}
LAYOUT: Json = {
    "flags": 1 << 15,
    "components": [
        {
            "type": 17,
            "accent_color": 1,
            "components": [
                {"type": 9, "components": [{"type": 10, "content": "x"}], "accessory": BUTTON},
                {"type": 12, "items": [{"media": {"url": "https://example.com/a.png"}}]},
                {"type": 14, "spacing": 1},
            ],
        }
    ],
}
MODAL: Json = {
    "custom_id": "m",
    "title": "t",
    "components": [
        {"type": 18, "label": "a", "component": {"type": 4, "custom_id": "t", "style": 1}},
        {"type": 18, "label": "b", "component": SELECT | {"required": False}},
        {"type": 18, "label": "c", "component": {"type": 19, "custom_id": "f"}},
    ],
}
CHANNEL, GUILD = f"/channels/{CHANNEL_ID}", f"/guilds/{GUILD_ID}"
BODIES: list[tuple[str, str, Any]] = [
    ("POST", MESSAGES, MESSAGE),
    ("POST", MESSAGES, LAYOUT),
    ("POST", COMMANDS, PAINT),
    ("PUT", COMMANDS, [PAINT, {"type": 3, "name": "Look"}]),
    ("POST", f"{CHANNEL}/threads", {"name": "x", "type": 11, "auto_archive_duration": 60}),
    ("PATCH", CHANNEL, {"name": "x", "topic": "y", "nsfw": True}),
    ("POST", f"{MESSAGES}/bulk-delete", {"messages": ["1", "2"]}),
    ("POST", "/users/@me/channels", {"recipient_id": ROBIN_ID}),
    ("POST", "/attachments/refresh-urls", {"attachment_urls": ["x"]}),
    ("POST", f"{GUILD}/emojis", {"name": "flame", "image": data_uri(png())}),
    ("POST", f"{GUILD}/roles", {"name": "x", "permissions": "0", "color": 1}),
    ("PATCH", f"{GUILD}/members/{ROBIN_ID}", {"nick": "Rob", "roles": ["1"]}),
    ("PATCH", f"{GUILD}/members/@me", {"nick": "Forge"}),
]
CALLBACKS: list[Json] = [
    {"type": 4, "data": MESSAGE | {"message_reference": None}},
    {"type": 5, "data": {"flags": 64}},
    {"type": 9, "data": MODAL},
]


def spoilt(body: Any) -> Iterator[Any]:
    """The body with every part of it, one at a time, put in the place of something nasty."""
    yield from NASTY
    parts = body.items() if isinstance(body, dict) else enumerate(body)
    for key, part in list(parts) if isinstance(body, dict | list) else ():
        for other in spoilt(part) if isinstance(part, dict | list) else NASTY:
            changed = copy.copy(body)
            changed[key] = other
            yield changed


@pytest.fixture
async def lenient() -> Any:
    """A local Discord that goes by its own forms alone, as where no description is at hand."""
    async with open_line(None) as line:
        line.discord.world.guild(GUILD_ID).roles[BOT_ROLE_ID].permissions = ADMINISTRATOR
        yield line


@pytest.mark.parametrize(("method", "path", "body"), BODIES)
async def test_a_spoilt_request_is_answered_by_the_rules(
    lenient: Line, method: str, path: str, body: Any
) -> None:
    for changed in spoilt(body):
        answer = await lenient.call(method, path, changed)
        assert answer.status in (200, 201, 204, 400, 403, 404, 413), (changed, answer.body)


@pytest.mark.parametrize("body", CALLBACKS, ids=lambda body: str(body["type"]))
async def test_a_spoilt_response_leaves_the_interaction_open(lenient: Line, body: Json) -> None:
    interaction = await lenient.started()
    for changed in spoilt(body):
        answer = await lenient.respond(interaction, changed)
        if answer.status == 200:
            interaction = await lenient.started()
        else:
            assert answer.status in (400, 413), (changed, answer.body)
    assert (await lenient.respond(interaction, {"type": 5})).status == 200
