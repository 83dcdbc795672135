"""What somebody filled into a form, read from what Discord sends: it may have opened long ago."""

from collections.abc import Iterator
from typing import Any, cast

import discord

from bot.intake.pictures import Offered, check_size


def fields_of(interaction: discord.Interaction[Any]) -> Iterator[dict[str, Any]]:
    """Every field of a form that was sent in, as Discord has it."""
    for block in cast("dict[str, Any]", interaction.data)["components"]:
        inner = [block["component"]] if "component" in block else block.get("components", [])
        yield from (field for field in inner if "custom_id" in field)


def filled_in(interaction: discord.Interaction[Any]) -> dict[str, str]:
    """What stands in each field; of a select, its one choice."""
    found = {}
    for field in fields_of(interaction):
        values = field.get("values") or [""]
        found[field["custom_id"]] = str(field.get("value") or values[0])
    return found


def chosen_in(interaction: discord.Interaction[Any]) -> str:
    """The one value that was chosen in a select below a message; empty: none."""
    values = cast("dict[str, Any]", interaction.data).get("values") or [""]
    return str(values[0])


def uploaded(interaction: discord.Interaction[Any], custom_id: str) -> Offered | None:
    """The file that was put into a field, if one was. Raises `Refusal` where it is too large."""
    for offered, size in all_uploaded(interaction, custom_id):
        check_size(offered.name, size)
        return offered
    return None


def all_uploaded(
    interaction: discord.Interaction[Any], custom_id: str
) -> Iterator[tuple[Offered, int]]:
    """Every file that was put into a field, and how many bytes it has."""
    data = cast("dict[str, Any]", interaction.data)
    for field in fields_of(interaction):
        if field["custom_id"] != custom_id:
            continue
        for file_id in field.get("values") or ():
            file = data["resolved"]["attachments"][file_id]
            offered = Offered(
                name=file["filename"],
                width=file.get("width"),
                height=file.get("height"),
                url=file["url"],
            )
            yield offered, file["size"]
