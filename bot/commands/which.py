"""A name that several things have: whoever wrote it is asked which one is meant."""

import re
from collections.abc import Collection
from typing import Any

import discord

from bot.commands.artifact_options import Interaction, summary
from bot.commands.desk import Desk
from bot.commands.turning import Item, only, usable
from bot.errors import Refusal
from bot.intake.drafts import UnclearDraft
from bot.intake.permissions import check_permissions
from bot.jobs.artifact_resolving import Clash
from bot.jobs.queue import AlreadyAsked
from bot.records.derivations import Descent
from bot.records.inputs import NO_INPUTS, Inputs
from bot.replies.paging import option, view_of
from pipeline import GenerationRequest

MAX_CHOICES = 25  # Discord's limit
WHICH = "which"
CHOSEN = WHICH + r":(?P<draft_id>[0-9a-f]{24})"


async def hand_in(
    desk: Desk,
    interaction: Interaction,
    request: GenerationRequest,
    descent: Descent | None = None,
    inputs: Inputs = NO_INPUTS,
    chosen: Collection[str] = (),
) -> None:
    """Take a job on; where one of its names is not clear, ask first.

    `chosen` are the ids of artifacts that are meant by names that several have.
    """
    draft = UnclearDraft(request=request, descent=descent, inputs=inputs, chosen=(*chosen,))
    await _follow(desk, interaction, draft)


def which_items(desk: Desk) -> list[type[discord.ui.DynamicItem[Item]]]:
    """The select in which one is chosen."""

    async def choose(interaction: Interaction, match: re.Match[str], values: list[str]) -> None:
        draft = await desk.drafts.unclear(match["draft_id"], interaction.user.id)
        try:
            await _follow(desk, interaction, draft.meaning(only(values)))
        except AlreadyAsked as error:
            raise Refusal("artifact.asked_already") from error

    return [usable(desk, CHOSEN, choose)]


async def _follow(desk: Desk, interaction: Interaction, draft: UnclearDraft) -> None:
    try:
        await desk.hand_in(interaction, draft.request, draft.descent, draft.inputs, draft.chosen)
    except Clash as clash:
        if len(clash.choices) > MAX_CHOICES or interaction.response.is_done():
            raise  # it says what may be written instead
        check_permissions(interaction, desk.texts)
        await _ask(desk, interaction, draft, clash)


async def _ask(desk: Desk, interaction: Interaction, draft: UnclearDraft, clash: Clash) -> None:
    user_id = interaction.user.id
    draft_id = await desk.drafts.keep_unclear(draft, user_id)
    select: discord.ui.Select[Any] = discord.ui.Select(
        custom_id=f"{WHICH}:{draft_id}",
        placeholder=desk.texts("artifact.which_one"),
        options=[option(summary(desk, it, user_id), it.id) for it in clash.choices],
    )
    await interaction.response.send_message(
        desk.texts("artifact.which", name=clash.called), view=view_of([select]), ephemeral=True
    )
