"""Messages by the bot's own token: what is made of them, and what is refused."""

import io

import pytest
from PIL import Image

from bot.local_discord import permissions
from bot.local_discord.newcomer import APPLICATION_ID, BOT_ROLE_ID, CHANNEL_ID, GUILD_ID, YOU_ID
from bot.local_discord.wire import Json
from tests.bot.local_discord.conftest import MESSAGES, TOKEN, Line


def png(width: int = 6, height: int = 4) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(buffer, "PNG")
    return buffer.getvalue()


async def test_a_file_arrives_with_its_kind_size_and_description(line: Line) -> None:
    body = {"content": "here", "attachments": [{"id": 0, "description": "a red box"}]}
    sent = await line.call("POST", MESSAGES, body, files={"my box.png": png()})
    [file] = sent.body["attachments"]
    assert (file["filename"], file["content_type"]) == ("my_box.png", "image/png")
    assert (file["width"], file["height"], file["size"]) == (6, 4, len(png()))
    assert file["description"] == "a red box"
    assert sent.headers["Content-Type"] == "application/json"


async def test_an_edit_keeps_only_the_attachments_it_lists(line: Line) -> None:
    sent = (await line.call("POST", MESSAGES, {}, files={"a.png": png(), "b.png": png()})).body
    keep = sent["attachments"][1]["id"]
    path = f"{MESSAGES}/{sent['id']}"
    body = {"attachments": [{"id": keep}, {"id": 0}]}
    edited = (await line.call("PATCH", path, body, files={"c.png": png()})).body
    assert [file["filename"] for file in edited["attachments"]] == ["b.png", "c.png"]
    edited = (await line.call("PATCH", path, {"content": "x"})).body
    assert len(edited["attachments"]) == 2
    assert edited["edited_timestamp"]
    edited = (await line.call("PATCH", path, {"attachments": []})).body
    assert edited["attachments"] == []


async def test_an_attachment_that_nobody_sent_is_refused(line: Line) -> None:
    answer = await line.call("POST", MESSAGES, {"content": "x", "attachments": [{"id": "7"}]})
    assert answer.errors_at("attachments", "0", "id") == ["ATTACHMENT_NOT_FOUND"]


@pytest.mark.parametrize("body", [{}, {"content": ""}, {"content": "  \n"}, {"flags": 4}])
async def test_an_empty_message_is_refused(line: Line, body: object) -> None:
    assert (await line.call("POST", MESSAGES, body)).refusal == (400, 50006)


async def test_a_message_cannot_be_emptied_by_an_edit(line: Line) -> None:
    sent = (await line.call("POST", MESSAGES, {"content": "x"})).body
    path = f"{MESSAGES}/{sent['id']}"
    assert (await line.call("PATCH", path, {"content": None})).refusal == (400, 50006)
    assert (await line.call("GET", path)).body["content"] == "x"


@pytest.mark.parametrize(
    ("body", "where", "code"),
    [
        ({"content": "x" * 2001}, ("content",), "BASE_TYPE_MAX_LENGTH"),
        ({"content": 5}, ("content",), None),
        ({"embeds": [{"title": "t"}] * 11}, ("embeds",), "BASE_TYPE_MAX_LENGTH"),
        ({"embeds": [{"description": "x" * 4097}]}, ("embeds", "0", "description"), None),
        ({"embeds": [{"description": "x" * 4000}] * 2}, ("embeds",), "MAX_EMBED_SIZE_EXCEEDED"),
        (
            {"embeds": [{"image": {"url": "attachment://no.png"}}]},
            ("embeds", "0", "image", "url"),
            "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND",
        ),
        (
            {"content": "x", "allowed_mentions": {"parse": ["users"], "users": [YOU_ID]}},
            ("allowed_mentions",),
            "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
        ),
        (
            {"content": "x", "message_reference": {"message_id": "1"}},
            ("message_reference",),
            "REPLIES_UNKNOWN_MESSAGE",
        ),
    ],
)
async def test_a_bad_field_is_named_in_the_error_tree(
    line: Line, body: object, where: tuple[str, ...], code: str | None
) -> None:
    answer = await line.call("POST", MESSAGES, body)
    codes = answer.errors_at(*where)
    assert codes
    assert code is None or codes == [code]


async def test_an_enforced_nonce_sends_a_message_once(line: Line) -> None:
    body = {"content": "result", "nonce": "job-1", "enforce_nonce": True}
    first, second = [(await line.call("POST", MESSAGES, body)).body["id"] for _ in range(2)]
    assert first == second
    line.discord.clock.advance(3600)
    assert (await line.call("POST", MESSAGES, body)).body["id"] != first
    body["enforce_nonce"] = False
    assert (await line.call("POST", MESSAGES, body)).body["id"] != first
    plain = {"content": "no nonce at all", "enforce_nonce": True}
    ids = {(await line.call("POST", MESSAGES, plain)).body["id"] for _ in range(2)}
    assert len(ids) == 2


async def test_only_allowed_mentions_notify(line: Line) -> None:
    text = f"<@{YOU_ID}> <@&{BOT_ROLE_ID}> @everyone"
    sent = (await line.call("POST", MESSAGES, {"content": text})).body
    assert [user["id"] for user in sent["mentions"]] == [YOU_ID]
    assert sent["mention_roles"] == [BOT_ROLE_ID]
    quiet = {"content": text, "allowed_mentions": {"parse": []}}
    sent = (await line.call("POST", MESSAGES, quiet)).body
    assert (sent["mentions"], sent["mention_roles"], sent["mention_everyone"]) == ([], [], False)


async def test_a_reply_carries_what_it_answers(line: Line) -> None:
    first = (await line.call("POST", MESSAGES, {"content": "one"})).body
    body = {"content": "two", "message_reference": {"message_id": first["id"]}}
    reply = (await line.call("POST", MESSAGES, body)).body
    assert (reply["type"], reply["referenced_message"]["content"]) == (19, "one")
    await line.call("DELETE", f"{MESSAGES}/{first['id']}")
    reply = (await line.call("GET", f"{MESSAGES}/{reply['id']}")).body
    assert reply["referenced_message"] is None


async def test_what_nobody_wrote_or_only_one_person_sees_cannot_be_answered(line: Line) -> None:
    interaction = await line.started()
    await line.respond(interaction, {"type": 4, "data": {"content": "psst", "flags": 64}})
    thread = {"name": "x", "type": 11}
    await line.call("POST", f"/channels/{CHANNEL_ID}/threads", thread)
    announcement = line.discord.world.channel(CHANNEL_ID).last_message_id
    for message_id, code in (
        (interaction.original_id, "REPLIES_UNKNOWN_MESSAGE"),
        (announcement, "REPLIES_CANNOT_REPLY_TO_SYSTEM_MESSAGE"),
    ):
        body = {"content": "yes", "message_reference": {"message_id": message_id}}
        assert (await line.call("POST", MESSAGES, body)).errors_at("message_reference") == [code]
    ids = [interaction.original_id, announcement]
    await line.call("POST", f"{MESSAGES}/bulk-delete", {"messages": ids})
    assert interaction.original_id in line.discord.world.channel(CHANNEL_ID).messages


@pytest.mark.parametrize(
    ("body", "missing"),
    [
        ({"sticker_ids": ["5"]}, "stickers"),
        (
            {"poll": {"question": {"text": "?"}, "answers": [{"poll_media": {"text": "!"}}]}},
            "polls",
        ),
    ],
)
async def test_what_is_not_built_here_is_not_pretended(
    line: Line, body: Json, missing: str
) -> None:
    answer = await line.call("POST", MESSAGES, {"content": "x"} | body)
    assert (answer.status, answer.body["message"]) == (
        501,
        f"The local Discord does not know {missing}.",
    )
    assert line.discord.record.unknown_routes[-1].startswith("POST /channels/{channel_id}/messages")


async def test_history_comes_in_pages_newest_first(line: Line) -> None:
    ids = [(await line.call("POST", MESSAGES, {"content": str(n)})).body["id"] for n in range(5)]

    async def page(query: str) -> list[str]:
        return [one["id"] for one in (await line.call("GET", f"{MESSAGES}?{query}")).body]

    assert await page("limit=2") == [ids[4], ids[3]]
    assert await page(f"before={ids[2]}") == [ids[1], ids[0]]
    assert await page(f"after={ids[1]}&limit=2") == [ids[3], ids[2]]
    assert await page(f"around={ids[2]}&limit=3") == [ids[3], ids[2], ids[1]]
    assert (await line.call("GET", f"{MESSAGES}?limit=101")).errors_at("limit")


async def test_what_another_wrote_can_be_neither_edited_nor_deleted(line: Line) -> None:
    theirs = line.discord.person("you").write(CHANNEL_ID, "mine", [], None)
    path = f"{MESSAGES}/{theirs.id}"
    assert (await line.call("PATCH", path, {"content": "x"})).refusal == (403, 50005)
    assert (await line.call("DELETE", path)).refusal == (403, 50013)
    role = line.discord.world.guild(GUILD_ID).roles[BOT_ROLE_ID]
    role.permissions |= permissions.MANAGE_MESSAGES
    assert (await line.call("DELETE", path)).status == 204
    assert (await line.call("GET", path)).refusal == (404, 10008)


@pytest.mark.parametrize(
    ("denied", "files", "refusal"),
    [
        (permissions.SEND_MESSAGES, None, (403, 50013)),
        (permissions.ATTACH_FILES, {"a.png": b"x"}, (403, 50013)),
        (permissions.VIEW_CHANNEL, None, (403, 50001)),
    ],
)
async def test_a_missing_permission_is_refused(
    line: Line, denied: int, files: dict[str, bytes] | None, refusal: tuple[int, int]
) -> None:
    line.discord.world.channel(CHANNEL_ID).overwrites[APPLICATION_ID] = (0, denied)
    answer = await line.call("POST", MESSAGES, {"content": "x"}, files=files)
    assert answer.refusal == refusal


async def test_a_private_channel_is_opened_once_and_written_in(line: Line) -> None:
    one, two = [
        (await line.call("POST", "/users/@me/channels", {"recipient_id": YOU_ID})).body
        for _ in range(2)
    ]
    assert one["id"] == two["id"]
    assert [user["id"] for user in one["recipients"]] == [YOU_ID]
    sent = await line.call("POST", f"/channels/{one['id']}/messages", {"content": "psst"})
    assert sent.status == 200


@pytest.mark.parametrize(
    ("method", "path", "refusal"),
    [
        ("GET", "/channels/1/messages", (404, 10003)),
        ("GET", f"{MESSAGES}/1", (404, 10008)),
        ("GET", "/guilds/1", (404, 10004)),
        ("GET", "/users/1", (404, 10013)),
        ("GET", f"/guilds/{GUILD_ID}/members/1", (404, 10013)),
        ("GET", "/applications/1/commands", (404, 10002)),
        ("GET", f"/applications/{APPLICATION_ID}/commands/1", (404, 10063)),
        ("GET", "/channels/abc", (400, 50035)),
    ],
)
async def test_what_does_not_exist_is_unknown_by_its_own_code(
    line: Line, method: str, path: str, refusal: tuple[int, int]
) -> None:
    assert (await line.call(method, path)).refusal == refusal


async def test_broken_json_is_called_that(line: Line) -> None:
    headers = {"Authorization": f"Bot {line.discord.token}", "Content-Type": "application/json"}
    url = f"{line.url}/api/v10{MESSAGES}"
    async with line.session.post(url, data=b'{"content":', headers=headers) as response:
        assert (response.status, (await response.json())["code"]) == (400, 50109)


async def test_a_form_without_files_is_read_like_one_with(line: Line) -> None:
    headers = {"Authorization": f"Bot {TOKEN}"}
    for payload, status in (('{"content": "hello"}', 200), ("{", 400), ("[]", 400)):
        form = {"payload_json": payload}
        url = f"{line.url}/api/v10{MESSAGES}"
        async with line.session.post(url, data=form, headers=headers) as response:
            assert response.status == status
    assert [one["content"] for one in (await line.call("GET", MESSAGES)).body] == ["hello"]


async def test_a_wrong_token_opens_nothing(line: Line) -> None:
    for token in (None, "Bot wrong", line.discord.token):
        answer = await line.call("GET", "/users/@me", token=token)
        assert answer.refusal == (401, 0)


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/no/such/thing"), ("DELETE", "/users/@me"), ("PUT", MESSAGES)]
)
async def test_an_unknown_route_is_remembered_by_name(line: Line, method: str, path: str) -> None:
    assert (await line.call(method, path)).status == 501
    assert line.discord.record.unknown_routes == [f"{method} /api/v10{path}"]
