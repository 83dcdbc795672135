"""Whatever a page or a test asks for: refused with a sentence, and never our crash."""

from typing import Any

import pytest

from bot.local_discord.newcomer import BOT_ROLE_ID, CHANNEL_ID, GUILD_ID, ROBIN_ID
from bot.local_discord.wire import Json
from tests.bot.local_discord.conftest import COMMANDS, MESSAGES, PAINT, Line
from tests.bot.local_discord.test_bad_bodies import MODAL, spoilt
from tests.bot.local_discord.test_frames import ANYTHING, ROWS

YOU = "/local/people/you"
GUILD = f"/local/guilds/{GUILD_ID}"
HERE: Json = {"channel_id": CHANNEL_ID}
VALUES: Json = {"o3": "x", "o4": 1, "o5": True, "o6": ROBIN_ID, "o8": BOT_ROLE_ID, "o10": 0.5}
WISHES: list[tuple[str, str, Json]] = [
    ("POST", f"{YOU}/messages", HERE | {"text": "x", "reply_to": "1", "notify": True}),
    ("POST", f"{YOU}/calls", HERE | {"name": "anything", "values": VALUES}),
    ("POST", f"{YOU}/menus", HERE | {"name": "Look", "message_id": "1", "user_id": ROBIN_ID}),
    ("POST", f"{YOU}/threads", HERE | {"name": "x", "message_id": "1", "is_private": True}),
    ("POST", f"{YOU}/dm", {"user_id": ROBIN_ID}),
    ("POST", "/local/people", {"name": "ada", "display_name": "A", "guild_ids": [GUILD_ID]}),
    ("POST", "/local/guilds", {"name": "x", "owner_id": ROBIN_ID, "has_bot": True}),
    ("PATCH", GUILD, {"attachment_limit": 1, "bot_permissions": 8}),
    ("POST", f"{GUILD}/roles", {"name": "x", "permissions": 8, "color": 1}),
    ("POST", f"{GUILD}/channels", {"name": "x", "topic": "y", "is_nsfw": True}),
    (
        "PUT",
        f"/local/channels/{CHANNEL_ID}/overwrites",
        {"target_id": ROBIN_ID, "allow": 1, "deny": 2},
    ),
    ("POST", "/local/clock", {"seconds": 1, "is_stopped": True}),
    ("POST", "/local/faults", {"kind": "status", "path": "/x", "method": "GET", "times": 1}),
    ("POST", "/local/gateway", {"action": "drop", "is_resumable": True}),
    ("PATCH", "/local/gateway/limits", {"num_a_day": 1, "pause": 1.0, "max_concurrency": 1}),
]


async def ask(line: Line, method: str, path: str, body: Any) -> int:
    async with line.session.request(method, line.url + path, json=body) as response:
        answer = await response.json()
        assert response.status < 400 or answer["message"]
        return response.status


async def sweep(line: Line, method: str, path: str, body: Json) -> None:
    for changed in spoilt(body):
        status = await ask(line, method, path, changed)
        assert status in (200, 400, 403, 404, 413), (changed, status)


@pytest.mark.parametrize(("method", "path", "body"), WISHES)
async def test_a_spoilt_wish_is_refused_with_a_sentence(
    line: Line, method: str, path: str, body: Json
) -> None:
    await line.call("PUT", COMMANDS, [PAINT, ANYTHING, {"type": 3, "name": "Look"}])
    await sweep(line, method, path, body)


async def test_a_spoilt_press_or_form_is_refused_with_a_sentence(line: Line) -> None:
    sent = (await line.call("POST", MESSAGES, {"content": "x", "components": ROWS})).body
    pressed = {"message_id": sent["id"], "custom_id": "s5", "values": [ROBIN_ID]}
    await sweep(line, "POST", f"{YOU}/presses", HERE | pressed)
    opened = await line.started()
    assert (await line.respond(opened, {"type": 9, "data": MODAL})).status == 200
    filled = {"t": "x", "s": ["a"], "f": ["1"]}
    form = {"interaction_id": opened.id, "values": filled}
    await sweep(line, "POST", f"{YOU}/modals", form)
