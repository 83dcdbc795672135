"""Modals: what a bot may ask, and what it gets when a person has filled it in."""

from typing import Any

import pytest

from bot.local_discord.interactions.interaction import Interaction, Kind
from bot.local_discord.interactions.refusals import Impossible
from bot.local_discord.wire import Json
from tests.bot.local_discord.conftest import Line

ROW: Json = {"type": 1, "components": [{"type": 2, "style": 1, "label": "x", "custom_id": "x"}]}
MODAL: Json = {
    "custom_id": "ask",
    "title": "Ask",
    "components": [
        {
            "type": 18,
            "label": "Name",
            "component": {"type": 4, "custom_id": "name", "style": 1, "max_length": 9},
        },
        {
            "type": 18,
            "label": "File",
            "component": {"type": 19, "custom_id": "file", "required": False},
        },
    ],
}


async def opened_modal(line: Line) -> Interaction:
    press = await line.pressed()
    assert (await line.respond(press, {"type": 9, "data": MODAL})).status == 200
    return press


async def test_a_filled_modal_reaches_the_bot_whole(line: Line) -> None:
    person = line.discord.person("you")
    press = await opened_modal(line)
    modal = person.submit(press.id, {"name": "Ada"})
    assert (modal.kind, modal.source_id) == (Kind.MODAL, press.source_id)
    [name, file] = modal.data["components"]
    assert (name["type"], name["component"]["value"]) == (18, "Ada")
    assert file["component"]["values"] == []
    answer = await line.respond(modal, {"type": 4, "data": {"content": "Hello Ada"}})
    trace = answer.body["resource"]["message"]["interaction_metadata"]
    assert trace["triggering_interaction_metadata"]["id"] == press.id


async def test_a_modal_is_not_answered_with_another(line: Line) -> None:
    modal = line.discord.person("you").submit((await opened_modal(line)).id, {"name": "Ada"})
    answer = await line.respond(modal, {"type": 9, "data": MODAL})
    assert answer.errors_at("type") == ["BASE_TYPE_CHOICES"]


def with_field(**changes: Any) -> Json:
    """The modal with another first field, or another of its own."""
    field = {"type": 4, "custom_id": "name", "style": 1} | changes
    return MODAL | {"components": [{"type": 18, "label": "Name", "component": field}]}


@pytest.mark.parametrize(
    "modal",
    [
        MODAL | {"title": "x" * 46},
        MODAL | {"custom_id": ""},
        MODAL | {"components": []},
        MODAL | {"components": [{"type": 10, "content": "x"}] * 6},
        MODAL | {"components": [ROW]},
        MODAL | {"components": [MODAL["components"][0]] * 2},
        with_field(max_length=4001),
        with_field(min_length=5, max_length=4),
        with_field(label="its own"),
        with_field(type=2),
        with_field(type=3, options=[]),
        with_field(type=21, options=[{"label": "one", "value": "1"}]),
        {"custom_id": "x", "title": "x"},
    ],
)
async def test_a_bad_modal_is_refused_and_the_interaction_stays_open(
    line: Line, modal: Json
) -> None:
    interaction = await line.started()
    refused = await line.respond(interaction, {"type": 9, "data": modal})
    assert refused.refusal == (400, 50035)
    assert (await line.respond(interaction, {"type": 9, "data": MODAL})).status == 200


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "`name` takes 1 to 9 characters."),
        ({"name": "x" * 10}, "`name` takes 1 to 9 characters."),
        ({"name": "Ada", "no": "x"}, "This modal has no field no."),
        ({"name": "Ada", "file": ["1", "2"]}, "`file` takes 1 to 1 answers."),
        ({"name": "Ada", "file": ["1"]}, "`file` names something that is not there: 1."),
    ],
)
async def test_what_the_modal_does_not_allow_is_not_sent(
    line: Line, values: Json, sentence: str
) -> None:
    press = await opened_modal(line)
    person = line.discord.person("you")
    with pytest.raises(Impossible) as refused:
        person.submit(press.id, values)
    assert str(refused.value) == sentence
    assert person.submit(press.id, {"name": "Ada"}), "it is still open"


async def test_a_modal_is_sent_off_once(line: Line) -> None:
    press = await opened_modal(line)
    person = line.discord.person("you")
    person.submit(press.id, {"name": "Ada"})
    with pytest.raises(Impossible, match="not open"):
        person.submit(press.id, {"name": "Ada"})
