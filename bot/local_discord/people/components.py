"""Buttons and selects as a person finds and uses them on a message."""

from collections.abc import Iterator, Sequence

from bot.local_discord.interactions.refusals import Impossible
from bot.local_discord.people.resolving import Resolver
from bot.local_discord.wire import Json

BUTTON, STRING_SELECT = 2, 3


def every_component(blocks: Sequence[Json]) -> Iterator[Json]:
    """All components of a message, however deep they stand."""
    for block in blocks:
        yield block
        yield from every_component(block.get("components", ()))
        if "accessory" in block:
            yield block["accessory"]


def find_component(blocks: Sequence[Json], custom_id: str) -> Json:
    for component in every_component(blocks):
        if component.get("custom_id") == custom_id:
            if component.get("disabled"):
                raise Impossible(f"`{component.get('label') or custom_id}` is disabled.")
            return component
    raise Impossible(f"The message has no component `{custom_id}`.")


def pressed(component: Json, values: list[str] | None, resolver: Resolver) -> Json:
    """What the bot is told of a press or a choice."""
    data: Json = {
        "id": component["id"],
        "custom_id": component["custom_id"],
        "component_type": component["type"],
    }
    if component["type"] == BUTTON:
        if values is not None:
            raise Impossible("A button offers no choice.")
        return data
    check_values(component, values or [])
    if component["type"] != STRING_SELECT:
        resolver.add_selected(component, values or [])
        data["resolved"] = resolver.resolved
    return data | {"values": values or []}


def check_values(select: Json, values: list[str]) -> None:
    least, most = select["min_values"], select["max_values"]
    if not least <= len(values) <= most:
        raise Impossible(f"Choose {least} to {most}.")
    if select["type"] == STRING_SELECT:
        offered = [option["value"] for option in select["options"]]
        if foreign := [value for value in values if value not in offered]:
            raise Impossible(f"The select does not offer {', '.join(foreign)}.")
