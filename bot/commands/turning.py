"""Components whose ids say all that is needed to answer them, whenever they are used."""

import re
from collections.abc import Awaitable, Callable
from typing import Any, Self, TypeAlias

import discord

from bot.commands.desk import Desk
from bot.errors import Refusal

Item: TypeAlias = discord.ui.Item[Any]
Use: TypeAlias = Callable[[discord.Interaction[Any], re.Match[str], list[str]], Awaitable[None]]
"""Of what was used: its id, as the template matched it, and the values that were chosen."""


def only(chosen: list[str]) -> str:
    """The one value that was chosen. Raises `Refusal` where it was no select that was used."""
    if len(chosen) != 1:
        raise Refusal("buttons.unknown")
    return chosen[0]


def usable(desk: Desk, template: str, use: Use) -> type[discord.ui.DynamicItem[Item]]:
    """The class that discord.py makes an object of whenever such a component is used."""

    class Usable(discord.ui.DynamicItem[Item], template=template):
        def __init__(self, item: Item, match: re.Match[str]) -> None:
            super().__init__(item)
            self.match = match

        @classmethod
        async def from_custom_id(
            cls, _: discord.Interaction, item: Item, match: re.Match[str]
        ) -> Self:
            return cls(item, match)

        async def callback(self, interaction: discord.Interaction) -> Any:
            chosen = self.item.values if isinstance(self.item, discord.ui.Select) else []
            try:
                await use(interaction, self.match, chosen)
            except Exception as error:
                # discord.py would only log it, and the user see "interaction failed".
                await desk.explain(interaction, error)

    return Usable
