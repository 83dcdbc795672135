"""Components: what may stand together on a message, and how it comes back."""

from typing import Any

import pytest

from bot.local_discord.wire import Json
from tests.bot.local_discord.conftest import MESSAGES, Line
from tests.bot.local_discord.test_messages import png

V2 = 1 << 15


def button(number: int = 0, **more: Any) -> Json:
    return {"type": 2, "style": 1, "label": "Go", "custom_id": f"go:{number}"} | more


def row(*components: Json) -> Json:
    return {"type": 1, "components": list(components)}


def select(num_options: int = 2, **more: Any) -> Json:
    options = [{"label": str(n), "value": str(n)} for n in range(num_options)]
    return {"type": 3, "custom_id": "pick", "options": options} | more


def text(content: str = "x") -> Json:
    return {"type": 10, "content": content}


LINK: Json = {"type": 2, "style": 5, "label": "Go", "url": "https://example.org"}


@pytest.mark.parametrize(
    ("rows", "where", "code"),
    [
        ([row(button(n)) for n in range(6)], (), "BASE_TYPE_MAX_LENGTH"),
        ([row(*(button(n) for n in range(6)))], ("0", "components"), "BASE_TYPE_BAD_LENGTH"),
        ([row()], ("0", "components"), "BASE_TYPE_BAD_LENGTH"),
        ([row(select(), button())], ("0", "components", "1"), "COMPONENT_LAYOUT_WIDTH_EXCEEDED"),
        (
            [row(button(), button())],
            ("0", "components", "1", "custom_id"),
            "COMPONENT_CUSTOM_ID_DUPLICATED",
        ),
        ([row(button(label="x" * 81))], ("0", "components", "0", "label"), "BASE_TYPE_MAX_LENGTH"),
        (
            [row(button(custom_id="x" * 101))],
            ("0", "components", "0", "custom_id"),
            "BASE_TYPE_BAD_LENGTH",
        ),
        (
            [row(button(custom_id=None))],
            ("0", "components", "0", "custom_id"),
            "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED",
        ),
        (
            [row(button(label=None))],
            ("0", "components", "0", "label"),
            "BUTTON_COMPONENT_LABEL_REQUIRED",
        ),
        (
            [row(LINK | {"url": None})],
            ("0", "components", "0", "url"),
            "BUTTON_COMPONENT_URL_REQUIRED",
        ),
        (
            [row(LINK | {"url": "ftp://example.org"})],
            ("0", "components", "0", "url"),
            "URL_TYPE_INVALID_SCHEME",
        ),
        (
            [row(LINK | {"emoji": {"name": "✦"}})],
            ("0", "components", "0", "emoji", "name"),
            "COMPONENT_INVALID_EMOJI",
        ),
        (
            [row(LINK | {"emoji": {"name": "flame", "id": "5"}})],
            ("0", "components", "0", "emoji", "id"),
            "COMPONENT_INVALID_EMOJI",
        ),
        ([row(select(26))], ("0", "components", "0", "options"), "BASE_TYPE_BAD_LENGTH"),
        ([row(select(0))], ("0", "components", "0", "options"), "BASE_TYPE_BAD_LENGTH"),
        (
            [row(select(2, max_values=3))],
            ("0", "components", "0", "max_values"),
            "SELECT_COMPONENT_MAX_VALUES_TOO_LARGE",
        ),
        (
            [row(select(2, min_values=2))],
            ("0", "components", "0", "min_values"),
            "SELECT_COMPONENT_INVALID_RANGE",
        ),
        ([text()], ("0",), "UNION_TYPE_CHOICES"),
        ([{"type": 17, "components": [text()]}], ("0",), "UNION_TYPE_CHOICES"),
        ([row(text())], ("0", "components", "0"), "UNION_TYPE_CHOICES"),
    ],
)
async def test_what_may_not_stand_in_rows_is_named(
    line: Line, rows: list[Json], where: tuple[str, ...], code: str
) -> None:
    answer = await line.call("POST", MESSAGES, {"content": "x", "components": rows})
    codes = answer.errors_at("components", *where)
    # With Discord's description at hand its judge speaks first, of lengths in other words.
    assert codes == [code] or codes[0].startswith("BASE_TYPE_M")


@pytest.mark.parametrize(
    ("blocks", "where", "code"),
    [
        ([row(button(n)) for n in range(21)], (), "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED"),
        ([text("x" * 2001)] * 2, (), "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED"),
        (
            [{"type": 12, "items": [{"media": {"url": "attachment://no.png"}}]}],
            ("0", "items", "0", "media", "url"),
            "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND",
        ),
        (
            [{"type": 13, "file": {"url": "https://example.org/a.txt"}}],
            ("0", "file", "url"),
            "URL_TYPE_INVALID_SCHEME",
        ),
        (
            [text() | {"id": 3}, text() | {"id": 3}],
            ("1", "id"),
            "COMPONENT_ID_DUPLICATED",
        ),
    ],
)
async def test_what_may_not_stand_in_a_v2_message_is_named(
    line: Line, blocks: list[Json], where: tuple[str, ...], code: str
) -> None:
    answer = await line.call("POST", MESSAGES, {"flags": V2, "components": blocks})
    assert answer.errors_at("components", *where) == [code]


@pytest.mark.parametrize("legacy", [{"content": "x"}, {"embeds": [{"title": "x"}]}])
async def test_a_v2_message_has_neither_content_nor_embeds(line: Line, legacy: Json) -> None:
    answer = await line.call("POST", MESSAGES, legacy | {"flags": V2, "components": [text()]})
    [field] = legacy
    code = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"
    assert answer.errors_at(field) == [code]


async def test_a_v2_message_without_components_is_empty(line: Line) -> None:
    answer = await line.call("POST", MESSAGES, {"flags": V2}, files={"a.png": png()})
    assert answer.refusal == (400, 50006)


async def test_a_message_turns_v2_by_clearing_what_it_had_and_never_back(line: Line) -> None:
    sent = (await line.call("POST", MESSAGES, {"content": "Step 1 of 20"})).body
    path = f"{MESSAGES}/{sent['id']}"
    v2: Json = {"flags": V2, "components": [text("done")]}
    code = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"
    assert (await line.call("PATCH", path, v2)).errors_at("content") == [code]
    turned = await line.call("PATCH", path, v2 | {"content": None})
    assert turned.body["flags"] & V2
    back = await line.call("PATCH", path, {"flags": 0, "content": "x", "components": []})
    assert back.errors_at("flags") == ["MESSAGE_CANNOT_REMOVE_COMPONENTS_V2_FLAG"]
    still = (await line.call("PATCH", path, {"components": [text("again")]})).body
    assert (still["flags"] & V2, still["components"][0]["content"]) == (V2, "again")


async def test_a_whole_layout_comes_back_numbered_with_its_pictures(line: Line) -> None:
    items = [{"media": {"url": "attachment://a.png"}, "description": "a red box"}]
    container: Json = {
        "type": 17,
        "accent_color": 0xFF8800,
        "components": [
            text("**Hello**"),
            {"type": 12, "items": items},
            {"type": 14},
            {"type": 9, "components": [text("beside")], "accessory": button(1)},
            row(select(3, placeholder="Pick", min_values=0, max_values=2)),
        ],
    }
    thumb = {"type": 11, "media": {"url": "https://example.org/x.png"}}
    section = {"type": 9, "components": [text("far")], "accessory": thumb}
    body = {"flags": V2, "components": [container, section]}
    sent = (await line.call("POST", MESSAGES, body, files={"a.png": png()})).body
    [shown, _] = sent["components"]
    gallery = shown["components"][1]
    [item] = gallery["items"]
    assert item["media"]["url"].startswith(f"{line.url}/cdn/attachments/")
    assert (item["media"]["width"], item["media"]["height"]) == (6, 4)
    assert item["media"]["attachment_id"] == sent["attachments"][0]["id"]
    assert shown["components"][2] == {"type": 14, "divider": True, "spacing": 1, "id": 4}
    assert shown["id"] == 1


async def test_a_file_that_a_component_shows_cannot_be_taken_from_under_it(line: Line) -> None:
    gallery = {"type": 12, "items": [{"media": {"url": "attachment://a.png"}}]}
    body = {"flags": V2, "components": [gallery]}
    sent = (await line.call("POST", MESSAGES, body, files={"a.png": png()})).body
    path = f"{MESSAGES}/{sent['id']}"
    kept = (await line.call("PATCH", path, {"attachments": []})).body
    assert kept["attachments"][0]["id"] == sent["attachments"][0]["id"]
    other = (await line.call("PATCH", path, {"attachments": [], "components": [text()]})).body
    assert other["attachments"] == []


async def test_a_refused_edit_changes_nothing(line: Line) -> None:
    sent = (await line.call("POST", MESSAGES, {"content": "x"})).body
    path = f"{MESSAGES}/{sent['id']}"
    bad = {"content": None, "flags": V2, "components": [row(button(), button())]}
    assert (await line.call("PATCH", path, bad)).refusal == (400, 50035)
    assert (await line.call("GET", path)).body == sent


async def test_a_file_that_an_embed_shows_is_not_listed_twice(line: Line) -> None:
    body = {"embeds": [{"title": "t", "image": {"url": "attachment://a.png"}}]}
    sent = (await line.call("POST", MESSAGES, body, files={"a.png": png()})).body
    assert sent["attachments"] == []
    assert sent["embeds"][0]["image"]["width"] == 6
    kept = (await line.call("PATCH", f"{MESSAGES}/{sent['id']}", {"attachments": []})).body
    async with line.session.get(kept["embeds"][0]["image"]["url"]) as response:
        assert await response.read() == png()
