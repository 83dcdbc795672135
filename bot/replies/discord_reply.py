"""A job's reply in Discord: progress at the pace that is allowed, then one answer."""

from collections.abc import Sequence
from contextlib import suppress

import discord

from bot.errors import Refusal
from bot.locales import Texts
from bot.records.models import Job
from bot.replies import wording
from bot.replies.buttons import under_progress, under_refusal
from bot.replies.fitting import Attached, Pictures
from bot.replies.pace import Pacer
from bot.replies.places import Places
from bot.replies.post import NO_PICTURES, Post
from bot.replies.reply import Delivered, ReplyDelayed
from bot.replies.results import Result
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
        self._result: Result | None = None  # kept: to make pictures small takes seconds

    def show_waiting(self, num_before: int, seconds: float | None) -> None:
        """Say how many requests are served before this one, and about how long that takes."""
        self._pacer.offer(self._state(wording.waiting(self._texts, num_before, seconds)))

    def show_progress(self, fraction: float, preview: bytes | None) -> None:
        """Show how far it is."""
        pictures = Pictures([Attached("preview.webp", preview)]) if preview else NO_PICTURES
        self._pacer.offer(self._state(wording.progress(self._texts, fraction), pictures))

    async def deliver(
        self, request: GenerationRequest, pictures: Sequence[bytes]
    ) -> Sequence[Delivered]:
        """Post the pictures, one PNG for each of the request's seeds."""
        if self._result is None:
            self._result = Result(self._texts, self._job_id, request, pictures)
        return await self._places.deliver(self._result, await self._may_be_answered_at_last())

    async def refuse(self, sentence: str) -> None:
        """Say in one sentence why there is no picture."""
        post = Post(sentence, under_refusal(self._job_id))
        await self._places.answer(post, await self._may_be_answered_at_last())

    async def leave(self) -> None:
        """Stop showing anything."""
        await self._pacer.stop()

    def _state(self, content: str, pictures: Pictures = NO_PICTURES) -> Post:
        return Post(content, under_progress(self._job_id), pictures)

    async def _show(self, post: Post) -> None:
        with suppress(ReplyDelayed, Refusal):  # the next state may get through, or be smaller
            await self._places.edit_placeholder(post)

    async def _may_be_answered_at_last(self) -> bool:
        """Nothing is shown from now on; whether an answer may stand there already."""
        await self._pacer.stop()
        may_be_answered, self._may_be_answered = self._may_be_answered, True
        return may_be_answered
