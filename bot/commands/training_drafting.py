"""What becomes of a training that has not begun: buttons below its preview, forms, and replies.

All that is needed is in the records, by the id that a button carries: a draft may be taken up
again on another day, and after a restart.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

import discord

from bot.commands.desk import Desk
from bot.commands.forms import all_uploaded, chosen_in
from bot.commands.training_forms import (
    FILES,
    TrainingForms,
    captions_in,
    on_page,
    removed_in,
    wish_in,
)
from bot.errors import Refusal
from bot.intake.origin import defer, defer_in_place, roles_of
from bot.intake.permissions import check_permissions, may_open_thread
from bot.intake.pictures import Offered
from bot.intake.training_drafts import TrainingDraft
from bot.intake.training_pictures import SentFile, Taken
from bot.replies import training_wording as wording
from bot.replies.paging import turned_to
from bot.replies.places import AWAY
from bot.replies.training_previews import (
    MAX_SHOWN,
    TrainingDraftAction,
    TrainingDraftId,
    TrainingPreviews,
)
from bot.replies.training_threads import close_thread, open_thread

logger = logging.getLogger(__name__)

Interaction: TypeAlias = discord.Interaction[Any]
User: TypeAlias = discord.User | discord.Member
Change: TypeAlias = Callable[[TrainingDraft], TrainingDraft]


class TrainingDrafting:
    """Answers every press that is about such a training."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._forms = TrainingForms(desk.texts)
        self._previews = TrainingPreviews(desk.texts)

    async def answer(self, interaction: Interaction, pressed: TrainingDraftId) -> None:
        """Do what the button or form says, or say in one sentence why not."""
        try:
            draft = await self._desk.drafts.training(pressed.draft_id, interaction.user.id)
            await self._desk.training.check_open(draft)
            if interaction.type is discord.InteractionType.modal_submit:
                await self._send_in(interaction, pressed, draft)
            else:
                await self._press(interaction, pressed, draft)
        except Exception as error:
            # discord.py would only log it, and the user see "interaction failed".
            await self._desk.explain(interaction, error)

    async def add(
        self, message: discord.Message, preview: discord.Message, draft_id: str, words: str
    ) -> None:
        """Add the files that somebody sent in reply to a preview, with these words.

        Raises `Refusal`.
        """
        draft = await self._desk.drafts.training(draft_id, message.author.id)
        await self._desk.training.check_open(draft)
        sent = [(Offered(name=it.filename, url=it.url), it.size) for it in message.attachments]
        shown = await self._changed(draft, message.author, lambda it: it, sent, words)
        await self._desk.training.check_open(draft)  # it may have been confirmed meanwhile
        await preview.edit(**shown)

    async def _press(
        self, interaction: Interaction, pressed: TrainingDraftId, draft: TrainingDraft
    ) -> None:
        respond = interaction.response
        match pressed.action:
            case TrainingDraftAction.CONFIRM:
                await self._confirm(interaction, draft)
            case TrainingDraftAction.ADD:
                await respond.send_modal(self._forms.add(draft))
            case TrainingDraftAction.REMOVE:
                await respond.send_modal(self._forms.remove(draft))
            case TrainingDraftAction.CHANGE:
                await respond.send_modal(self._forms.change(draft))
            case TrainingDraftAction.CAPTIONS:
                await self._choose_captions(interaction, draft)
            case TrainingDraftAction.DISCARD:
                await respond.defer()
                await interaction.delete_original_response()
                if interaction.message and interaction.message.flags.has_thread:
                    await close_thread(interaction.message, interaction.app_permissions)
            case _:
                raise Refusal("draft.unknown")

    async def _send_in(
        self, interaction: Interaction, pressed: TrainingDraftId, draft: TrainingDraft
    ) -> None:
        """Take in a form, whichever it is."""
        numbers = removed_in(interaction, len(draft.pictures))
        removed = {draft.pictures[it].file_hash for it in numbers}
        is_new = pressed.action is TrainingDraftAction.BEGIN
        origin = await (defer if is_new else defer_in_place)(interaction)
        captions = dict(captions_in(interaction))

        def change(draft: TrainingDraft) -> TrainingDraft:
            wish = wish_in(interaction, draft.wish)
            return replace(draft.with_written(captions).without(removed), wish=wish)

        sent = [*all_uploaded(interaction, FILES)]
        shown = await self._changed(draft, interaction.user, change, sent)
        await interaction.edit_original_response(**shown)
        if is_new and may_open_thread(interaction):
            name = wish_in(interaction, draft.wish).name
            await self._open_thread(interaction, origin.placeholder_id, name)

    async def _open_thread(self, interaction: Interaction, preview_id: int, name: str) -> None:
        """Let a thread hang from a preview, in which further pictures can be sent."""
        assert interaction.channel_id is not None, "may_open_thread saw it"
        user, texts = interaction.user, self._desk.texts
        find = partial(interaction.client.get_partial_messageable, guild_id=interaction.guild_id)
        preview = find(interaction.channel_id).get_partial_message(preview_id)
        try:
            thread_id = await open_thread(preview, wording.thread_name(texts, name), user.id)
            if thread_id is not None:
                await find(thread_id).send(texts("train.thread", user=user.mention))
        except (discord.HTTPException, *AWAY) as error:
            # The preview does without; once it is confirmed, the training opens it again.
            logger.info("preview %d: its thread is not there yet: %s", preview_id, error)

    async def _choose_captions(self, interaction: Interaction, draft: TrainingDraft) -> None:
        value = chosen_in(interaction)
        page = turned_to(value)
        if page is not None:
            user = interaction.user
            outlook = await self._desk.training.outlook(draft, user.id, roles_of(user))
            view = self._previews.view(draft, outlook.problem is None, page)
            await interaction.response.edit_message(view=view)
        elif value.isdecimal() and on_page(draft, int(value)):
            await interaction.response.send_modal(self._forms.captions(draft, int(value)))
        else:
            raise Refusal("draft.unknown")

    async def _confirm(self, interaction: Interaction, draft: TrainingDraft) -> None:
        user, training = interaction.user, self._desk.training
        check_permissions(interaction, self._desk.texts)
        roles = roles_of(user)
        await training.check_turn(user.id, training.allowance(roles))
        outlook = await training.outlook(draft, user.id, roles)
        if outlook.problem:
            raise outlook.problem
        assert outlook.request, "there would be a problem"
        origin = await defer_in_place(interaction)
        pictures = [(it.file_hash, it.caption) for it in draft.pictures]
        preview_id = origin.placeholder_id if may_open_thread(interaction) else None
        await self._desk.trainings.accept(outlook.request, pictures, origin, preview_id)
        if preview_id is None:  # else the training itself says so there, after a crash too
            said = self._previews.confirmed(draft)
            await interaction.edit_original_response(content=said, view=None)

    async def _changed(
        self,
        draft: TrainingDraft,
        user: User,
        change: Change,
        sent: Sequence[SentFile],
        words: str = "",
    ) -> dict[str, Any]:
        """A draft with what somebody says and sends; returns what its message shows then."""
        allowed = self._desk.training.allowance(roles_of(user))
        room = int(allowed.max_pictures) - len(draft.pictures)
        taken = await self._desk.training_pictures.take(sent, room, words)

        def merge(draft: TrainingDraft) -> TrainingDraft:
            together = change(draft).with_pictures(taken.pictures)
            return together.with_captions(taken.captions)

        draft = await self._desk.drafts.change_training(draft.id, user.id, merge)
        return await self._shown(draft, user, taken)

    async def _shown(self, draft: TrainingDraft, user: User, taken: Taken) -> dict[str, Any]:
        outlook = await self._desk.training.outlook(draft, user.id, roles_of(user))
        files = []
        if draft.pictures:
            pictures = draft.pictures[:MAX_SHOWN]
            thumbnails = await self._desk.training_pictures.thumbnails(pictures)
            files.append(await asyncio.to_thread(self._previews.sheet, thumbnails))
        return {
            "content": self._previews.text(draft, outlook, taken.left_out),
            "attachments": files,
            "view": self._previews.view(draft, outlook.problem is None),
        }
