"""Modals: the rules beyond their form, and what a person filled in, as the bot receives it."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from bot.local_discord.errors import Path, Problem
from bot.local_discord.forms.base import parse, refuse
from bot.local_discord.forms.modals import InputRow, Label, ModalForm, TextInput
from bot.local_discord.interactions.refusals import Impossible
from bot.local_discord.wire import Json

ROW, STRING_SELECT, TEXT_INPUT = 1, 3, 4
TEXT_DISPLAY, LABEL, FILE_UPLOAD, RADIO_GROUP, CHECKBOX_GROUP, CHECKBOX = 10, 18, 19, 21, 22, 23
MULTIPLE = {3, 5, 6, 7, 8, FILE_UPLOAD, CHECKBOX_GROUP}  # answered by a list


def stored_modal(data: Any) -> Json:
    """A modal as the bot sent it, checked and with its components numbered."""
    form: ModalForm = parse(ModalForm, data, at=("data",))
    refuse(*broken_rules(form))
    numbers = count(1)
    modal: Json = form.model_dump(exclude_none=True)
    for block in modal["components"]:
        block.setdefault("id", next(numbers))
        for inner in block.get("components", [block["component"]] if "component" in block else []):
            inner.setdefault("id", next(numbers))
    return modal


def broken_rules(form: ModalForm) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, block in enumerate(form.components):
        place: Path = ("data", "components", index)
        inner: Any = None
        if isinstance(block, InputRow):
            inner, place = block.components[0], (*place, "components", 0)
            if not inner.label:
                yield (*place, "label"), "BASE_TYPE_REQUIRED", "This field is required"
        elif isinstance(block, Label):
            inner, place = block.component, (*place, "component")
        if inner is None:
            continue
        if inner.custom_id in seen:
            sentence = "Component custom id cannot be duplicated"
            yield (*place, "custom_id"), "COMPONENT_CUSTOM_ID_DUPLICATED", sentence
        seen.add(inner.custom_id)
        if isinstance(inner, TextInput) and (inner.min_length or 0) > (inner.max_length or 4000):
            sentence = "min_length must be less than or equal to max_length."
            yield (*place, "min_length"), "TEXT_INPUT_INVALID_RANGE", sentence
        if isinstance(block, Label) and isinstance(inner, TextInput) and inner.label:
            sentence = "A text input inside a label has no label of its own."
            yield (*place, "label"), "TEXT_INPUT_LABEL_NOT_ALLOWED", sentence


def submitted(modal: Json, values: Json, resolve: Callable[[Json, list[str]], None]) -> list[Json]:
    """What a person filled in, checked as Discord's client checks it, in the shape the bot gets.

    `resolve` is told of every answer that names users, roles, channels or files.
    """
    known = {inner["custom_id"] for inner in map(inner_of, modal["components"]) if inner}
    if unknown := values.keys() - known:
        raise Impossible(f"This modal has no field {', '.join(sorted(unknown))}.")
    answers: list[Json] = []
    for block in modal["components"]:
        inner = inner_of(block)
        if inner is None:
            answers.append({"type": TEXT_DISPLAY, "id": block["id"]})
            continue
        answer = answered(inner, values.get(inner["custom_id"]))
        if inner["type"] in MULTIPLE - {STRING_SELECT, CHECKBOX_GROUP}:
            resolve(inner, answer["values"])
        if block["type"] == ROW:
            answers.append({"type": ROW, "id": block["id"], "components": [answer]})
        else:
            answers.append({"type": LABEL, "id": block["id"], "component": answer})
    return answers


def inner_of(block: Json) -> Json | None:
    """The field inside a row or label; a text display has none."""
    if block["type"] == ROW:
        field: Json = block["components"][0]
        return field
    return block.get("component")


def answered(field: Json, value: Any) -> Json:
    answer: Json = {key: field[key] for key in ("type", "id", "custom_id")}
    if field["type"] in MULTIPLE:
        if not isinstance(value, list | None):
            raise Impossible(f"`{field['custom_id']}` takes a list of answers.")
        chosen = default_values(field) if value is None else [str(one) for one in value]
        check_chosen(field, chosen)
        return answer | {"values": chosen}
    if field["type"] == CHECKBOX:
        return answer | {"value": bool(field.get("default") if value is None else value)}
    if field["type"] == RADIO_GROUP:
        chosen = default_values(field) if value is None else [str(value)]
        check_chosen(field | {"max_values": 1}, chosen)
        return answer | {"value": chosen[0] if chosen else None}
    text = field.get("value", "") if value is None else str(value)
    check_text(field, text)
    return answer | {"value": text}


def default_values(field: Json) -> list[str]:
    return [option["value"] for option in field.get("options", ()) if option.get("default")]


def check_chosen(field: Json, chosen: list[str]) -> None:
    is_required = field.get("required", True)
    least = field.get("min_values", 1) if is_required or chosen else 0
    most = field.get("max_values", len(field.get("options", ())) or 1)
    if field["type"] in (STRING_SELECT, 5, 6, 7, 8, FILE_UPLOAD):
        most = field.get("max_values", 1)
    if not least <= len(chosen) <= most:
        raise Impossible(f"`{field['custom_id']}` takes {least} to {most} answers.")
    offered = [option["value"] for option in field.get("options", ())]
    if offered and (foreign := [one for one in chosen if one not in offered]):
        raise Impossible(f"`{field['custom_id']}` does not offer {', '.join(foreign)}.")


def check_text(field: Json, text: str) -> None:
    if not text and not field.get("required", True):
        return
    least = max(field.get("min_length", 0), 1)
    most = field.get("max_length", 4000)
    if not least <= len(text) <= most:
        raise Impossible(f"`{field['custom_id']}` takes {least} to {most} characters.")
