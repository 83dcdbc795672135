"""Buttons below a mask that is shown, and forms about pictures that a menu brought along.

All that a press needs is in the records, by the id that the button carries.
"""

from dataclasses import replace
from typing import Any

import discord

from bot.commands.artifact_keeping import keep_posted
from bot.commands.asking import EditedAsking
from bot.commands.desk import Desk
from bot.commands.inpainting import inputs_of, origin_of, show
from bot.commands.picture_forms import (
    PictureForms,
    chosen_picture,
    follow_form,
    typed_in,
    where_in,
)
from bot.commands.upscaling import upscale
from bot.commands.which import checked
from bot.errors import Refusal
from bot.intake.drafts import MaskedDraft
from bot.intake.generation import refuse_second_pass, seeds_from
from bot.intake.masks import masked, read_mask_settings
from bot.intake.pictures import Picture
from bot.jobs.queue import AlreadyAsked
from bot.replies.previews import DraftAction, DraftId

Interaction = discord.Interaction[Any]


class DraftButtons:
    """Answers every press that is about a draft."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def answer(self, interaction: Interaction, draft_id: DraftId) -> None:
        """Do what the button or form says, or say in one sentence why not."""
        try:
            await self._press(interaction, draft_id)
        except Exception as error:
            # discord.py would only log it, and the user see "interaction failed".
            await self._desk.explain(interaction, error)

    async def _press(self, interaction: Interaction, pressed: DraftId) -> None:
        is_form = interaction.type is discord.InteractionType.modal_submit
        match pressed.action:
            case DraftAction.CONFIRM:
                await self._confirm(interaction, await self._draft(interaction, pressed))
            case DraftAction.ADJUST if is_form:
                await self._adjust(interaction, await self._draft(interaction, pressed))
            case DraftAction.ADJUST:
                draft = await self._draft(interaction, pressed)
                forms = PictureForms(self._desk.texts)
                form = forms.adjust(pressed.custom_id, draft.request, draft.region)
                await interaction.response.send_modal(form)
            case DraftAction.DISCARD:
                await self._draft(interaction, pressed)
                await interaction.response.defer()
                await interaction.delete_original_response()
            case _ if is_form:
                await self._begin(interaction, pressed)
            case _:
                raise Refusal("draft.unknown")

    async def _draft(self, interaction: Interaction, pressed: DraftId) -> MaskedDraft:
        return await self._desk.drafts.masked(pressed.draft_id, interaction.user.id)

    async def _confirm(self, interaction: Interaction, draft: MaskedDraft) -> None:
        asking = EditedAsking(self._desk, interaction)
        asking.check()
        if await self._desk.jobs.find(draft.request.id):
            raise Refusal("draft.confirmed")
        # What its names meant when it was shown, they mean now.
        meant = [it.id for it in draft.request.artifacts]
        user, guild_id = interaction.user, asking.guild_id
        request = await self._desk.checked(draft.request, user, guild_id, chosen=meant)
        origin = await asking.promise()
        try:
            await self._desk.jobs.accept(request, origin, origin_of(draft), inputs_of(draft))
        except AlreadyAsked as error:  # pressed twice at the same moment
            raise Refusal("draft.confirmed") from error

    async def _adjust(self, interaction: Interaction, draft: MaskedDraft) -> None:
        if await self._desk.jobs.find(draft.request.id):
            raise Refusal("draft.confirmed")
        typed, where = typed_in(interaction), where_in(interaction)
        changes = read_mask_settings(typed.pop("advanced", ""))
        if "seeds" in changes:
            (first,) = changes["seeds"]
            is_varied = bool(changes.get("variation_strength"))
            changes["seeds"] = seeds_from(first, len(draft.request.seeds), is_varied)
        if where.region == draft.region or where.file:
            where = replace(where, region="")
        where.check(self._desk.pictures)
        draft = draft.changed(**changes, **typed)
        refuse_second_pass(draft.request)
        asking = EditedAsking(self._desk, interaction)
        meant = [it.id for it in draft.request.artifacts]
        request, chosen = await checked(self._desk, asking, draft.request, meant)
        draft = replace(draft, request=request, chosen=chosen)
        await asking.promise()
        if where.file or where.region:
            picture = Picture(draft.init_hash, draft.size, None)
            found = await masked(self._desk.pictures, picture, where)
            draft = replace(draft, mask_hash=found.mask_hash, region=where.region)
        await show(self._desk, asking, draft)

    async def _begin(self, interaction: Interaction, pressed: DraftId) -> None:
        """What was filled in about a picture, or a file, that a menu brought along."""
        offered = await self._desk.drafts.offered(pressed.draft_id, interaction.user.id)
        picture = chosen_picture(interaction, offered)
        match pressed.action:
            case DraftAction.UPSCALE:
                await upscale(self._desk, interaction, {}, picture)
            case DraftAction.KEEP:
                await keep_posted(self._desk, interaction, picture)
            case _:
                await follow_form(self._desk, interaction, picture)
