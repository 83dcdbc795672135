"""The tree of commands, which takes none as it was before it changed.

A person's Discord may know an old form of a command for an hour: options that are gone would be
left out silently, and one of another type would be no good anywhere.
"""

from collections.abc import Iterator, Sequence
from typing import Any, cast

import discord
from discord import app_commands

OUTDATED = (
    app_commands.CommandNotFound,
    app_commands.CommandSignatureMismatch,
    app_commands.TransformerError,
)
NESTED = {discord.AppCommandOptionType.subcommand, discord.AppCommandOptionType.subcommand_group}


class Tree(app_commands.CommandTree[Any]):
    """All commands."""

    async def interaction_check(self, interaction: discord.Interaction[Any]) -> bool:
        """Raise one of `OUTDATED` for options that a command does not have, or has otherwise."""
        command = interaction.command
        is_sent = interaction.type is discord.InteractionType.application_command
        if is_sent and isinstance(command, app_commands.Command):
            known = {option.display_name: option.type for option in command.parameters}
            data = cast("dict[str, Any]", interaction.data)
            for name, kind in _given(data.get("options", ())):
                if known.get(name) is not kind:
                    raise app_commands.CommandSignatureMismatch(command)
        return True


def _given(options: Sequence[dict[str, Any]]) -> Iterator[tuple[str, discord.AppCommandOptionType]]:
    for option in options:
        kind = discord.AppCommandOptionType(option["type"])
        if kind in NESTED:
            yield from _given(option.get("options", ()))
        else:
            yield option["name"], kind
