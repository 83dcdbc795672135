"""The select in which one of several things of the same name is chosen."""

import re

import discord

from bot.commands.artifact_options import Interaction
from bot.commands.asking import WHICH, InteractionAsking
from bot.commands.desk import Desk
from bot.commands.inpainting import show
from bot.commands.turning import Item, only, usable
from bot.commands.which import follow
from bot.errors import Refusal
from bot.intake.drafts import MaskedDraft
from bot.jobs.queue import AlreadyAsked

CHOSEN = WHICH + r":(?P<draft_id>[0-9a-f]{24})"


def which_items(desk: Desk) -> list[type[discord.ui.DynamicItem[Item]]]:
    """It, and what becomes of the wish that waited for it."""

    async def choose(interaction: Interaction, match: re.Match[str], values: list[str]) -> None:
        draft = await desk.drafts.choosing(match["draft_id"], interaction.user.id)
        draft = draft.meaning(only(values))
        if isinstance(draft, MaskedDraft):
            await _show(desk, interaction, draft)
            return
        try:
            await follow(desk, interaction, draft)
        except AlreadyAsked as error:
            raise Refusal("artifact.asked_already") from error

    return [usable(desk, CHOSEN, choose)]


async def _show(desk: Desk, interaction: Interaction, draft: MaskedDraft) -> None:
    """Show what would be repainted, now that its names are clear."""
    asking = InteractionAsking(desk, interaction)
    asking.check()
    if await desk.jobs.find(draft.request.id):
        raise Refusal("draft.confirmed")
    await asking.promise()
    await show(desk, asking, draft)
