"""A job's reply in Discord: progress at the pace that is allowed, then one answer."""

from collections.abc import Sequence
from contextlib import suppress

import discord

from bot.errors import Refusal
from bot.locales import Texts
from bot.records.models import Job
from bot.replies import wording
from bot.replies.buttons import Action
from bot.replies.pace import Pacer
from bot.replies.places import Places
from bot.replies.post import Attached, Post
from bot.replies.reply import Delivered, ReplyDelayed
from pipeline import GenerationRequest


class DiscordReply:
    """Answers one job; `bot.replies.reply.Reply` says what that means."""

    def __init__(
        self, client: discord.Client, texts: Texts, job: Job, may_be_answered: bool
    ) -> None:
        self._texts = texts
        self._job_id = job.id
        self._places = Places(client, job, texts)
        self._may_be_answered = may_be_answered
        self._pacer = Pacer(self._show)

    def show_waiting(self, num_before: int, seconds: float | None) -> None:
        """Say how many requests are served before this one, and about how long that takes."""
        self._pacer.offer(self._state(wording.waiting(self._texts, num_before, seconds)))

    def show_progress(self, fraction: float, preview: bytes | None) -> None:
        """Show how far it is."""
        attached = [Attached("preview.webp", preview)] if preview else []
        self._pacer.offer(self._state(wording.progress(self._texts, fraction), attached))

    async def deliver(self, request: GenerationRequest, pictures: Sequence[bytes]) -> Delivered:
        """Post the pictures, one PNG for each of the request's seeds."""
        shown = wording.alt_text(request)
        attached = [
            Attached(f"{seed}.png", png, shown)
            for seed, png in zip(request.seeds, pictures, strict=True)
        ]
        return await self._answer(wording.result(self._texts, request), attached)

    async def refuse(self, sentence: str) -> None:
        """Say in one sentence why there is no picture."""
        await self._answer(sentence)

    async def leave(self) -> None:
        """Stop showing anything."""
        await self._pacer.stop()

    def _state(self, content: str, attached: Sequence[Attached] = ()) -> Post:
        return Post(self._job_id, content, Action.CANCEL, attached)

    async def _show(self, post: Post) -> None:
        with suppress(ReplyDelayed, Refusal):  # the next state may get through
            await self._places.edit_placeholder(post)

    async def _answer(self, content: str, attached: Sequence[Attached] = ()) -> Delivered:
        await self._pacer.stop()
        may_be_answered, self._may_be_answered = self._may_be_answered, True
        post = Post(self._job_id, content, Action.AGAIN, attached)
        return await self._places.answer(post, may_be_answered)
