"""Where a job can be answered in Discord, and how to find out whether it was.

First its placeholder, edited by the interaction's token while that lives; then its channel; then
its user's direct messages. Everything Discord says no with is read here:

- *gone* (404, 401 with 50027, 403 with 50013 or 50001, …): this place is no use, the next may be;
- *too large* (413): smaller files may fit; where none are small enough, no place is of use;
- *away* (5xx, 429 again and again, no connection): any place may be of use later.
"""

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import aiohttp
import discord

from bot.locales import Texts
from bot.records.models import Job
from bot.records.origin import DEFAULT_FILE_LIMIT
from bot.replies.buttons import Action, ButtonId, carries
from bot.replies.post import Post
from bot.replies.reply import Delivered, ReplyDelayed, Unreachable

logger = logging.getLogger(__name__)

AWAY = (discord.DiscordServerError, discord.RateLimited, aiohttp.ClientError, OSError, TimeoutError)
CLOCK_SKEW = timedelta(minutes=5)  # that Discord's clock may be behind ours
NUM_SEARCHED = 1000  # messages
GONE, TOO_LARGE, TOO_OFTEN = (401, 403, 404), 413, 429  # HTTP statuses

Sent = TypeVar("Sent")
FindChannel = Callable[[], Awaitable[discord.abc.Messageable]]


class Places:
    """All places of one job."""

    def __init__(self, client: discord.Client, job: Job, texts: Texts) -> None:
        self._client = client
        self._job = job
        self._texts = texts
        self._placeholder = _placeholder(client, job)
        self._channel = client.get_partial_messageable(job.channel_id, guild_id=job.guild_id)

    async def edit_placeholder(self, post: Post) -> Delivered | None:
        """Let the placeholder show this; None where it cannot be edited any more."""
        if self._placeholder is None or datetime.now(UTC) >= self._job.token_expires_at:
            return None
        placeholder = self._placeholder

        async def edit(files: list[discord.File]) -> None:
            await placeholder.edit_message(
                self._job.placeholder_id,
                content=post.content,
                attachments=files,
                view=post.view(self._texts),
                allowed_mentions=discord.AllowedMentions.none(),
            )

        try:
            await _send_small_enough(edit, post, self._job.file_limit or DEFAULT_FILE_LIMIT)
        except AWAY as error:
            raise ReplyDelayed(str(error)) from error
        except discord.HTTPException as error:
            self._note_no("placeholder", error)
            self._placeholder = None
            return None
        return Delivered(self._job.channel_id, self._job.placeholder_id)

    async def answer(self, post: Post, may_be_answered: bool) -> Delivered:
        """Post an answer in the first place that takes it, unless one stands there already.

        Raises `ReplyDelayed`, `Unreachable`, or `Refusal` where it is too large.
        """
        if edited := await self.edit_placeholder(post):
            return edited
        for find_channel in (self._own_channel, self._direct_messages):
            if answered := await self._answer_in(find_channel, post, may_be_answered):
                return answered
        raise Unreachable

    async def _answer_in(
        self, find_channel: FindChannel, post: Post, may_be_answered: bool
    ) -> Delivered | None:
        try:
            channel = await find_channel()
            if may_be_answered and (found := await self._find_answer(channel)):
                return found
            return await self._post(channel, post)
        except AWAY as error:
            raise ReplyDelayed(str(error)) from error
        except discord.HTTPException as error:
            self._note_no("channel or direct messages", error)
            return None

    async def _post(self, channel: discord.abc.Messageable, post: Post) -> Delivered:
        async def send(files: list[discord.File]) -> discord.Message:
            return await channel.send(
                f"<@{self._job.user_id}>\n{post.content}",
                files=files,
                view=post.view(self._texts),
                # Discord answers a nonce that it knows with the message that it already has.
                nonce=self._job.id,
                allowed_mentions=discord.AllowedMentions(
                    everyone=False, roles=False, users=[discord.Object(self._job.user_id)]
                ),
            )

        message = await _send_small_enough(send, post, self._limit_in(channel))
        await self._leave_placeholder(message)
        return Delivered(message.channel.id, message.id)

    def _limit_in(self, channel: discord.abc.Messageable) -> int:
        """Bytes that a file may have there: what a user paid for does not count for the bot."""
        guild = self._client.get_guild(self._job.guild_id or 0)
        if channel is self._channel and guild is not None:
            return guild.filesize_limit
        return DEFAULT_FILE_LIMIT

    async def _find_answer(self, channel: discord.abc.Messageable) -> Delivered | None:
        """An answer that an earlier attempt left here, known by the job in its buttons."""
        wanted = ButtonId(self._job.id, Action.AGAIN)
        try:
            placeholder = await self._channel.fetch_message(self._job.placeholder_id)
            if carries(placeholder, wanted):
                return Delivered(self._job.channel_id, placeholder.id)
        except (discord.NotFound, discord.Forbidden):
            logger.debug("job %s: its placeholder is deleted or out of sight", self._job.id)
        since = discord.utils.time_snowflake(
            (self._job.made_at or self._job.created_at) - CLOCK_SKEW
        )
        async for message in channel.history(limit=NUM_SEARCHED, after=discord.Object(since)):
            if carries(message, wanted):
                return Delivered(message.channel.id, message.id)
        return None

    async def _leave_placeholder(self, answer: discord.Message) -> None:
        """Let the placeholder say where the answer went; the token is not needed for that."""
        try:
            await self._channel.get_partial_message(self._job.placeholder_id).edit(
                content=self._texts("job.moved", url=answer.jump_url), attachments=[], view=None
            )
        except (discord.HTTPException, *AWAY) as error:
            logger.info("job %s: its placeholder stays as it is: %s", self._job.id, error)

    async def _own_channel(self) -> discord.abc.Messageable:
        return self._channel

    async def _direct_messages(self) -> discord.abc.Messageable:
        return await self._client.create_dm(discord.Object(self._job.user_id))

    def _note_no(self, place: str, error: discord.HTTPException) -> None:
        if error.status == TOO_OFTEN:
            raise ReplyDelayed(str(error)) from error
        level = logging.INFO if error.status in GONE else logging.WARNING
        logger.log(level, "job %s: no answer by its %s: %s", self._job.id, place, error)


async def _send_small_enough(
    send: Callable[[list[discord.File]], Awaitable[Sent]], post: Post, limit: int
) -> Sent:
    """Send the post; where Discord finds it too large after all, send it smaller."""
    while True:
        files = await post.files(limit)
        try:
            return await send(files)
        except discord.HTTPException as error:
            if error.status != TOO_LARGE or not post.pictures.largest:
                raise
            limit = min(limit, post.pictures.largest) // 2
            logger.info("too large for Discord; trying files of %d bytes", limit)


def _placeholder(client: discord.Client, job: Job) -> discord.Webhook | None:
    if job.interaction_token is None or client.application_id is None:
        return None
    return discord.Webhook.partial(client.application_id, job.interaction_token, client=client)
