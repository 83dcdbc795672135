"""Where a job can be answered in Discord, and how to find out whether it was.

First its placeholder, edited by the interaction's token while that lives (where somebody wrote a
message there is no interaction, and it is edited as any message is); then its channel; then its
user's direct messages. Everything Discord says no with is read here:

- *gone* (404, 401 with 50027, 403 with 50013 or 50001, …): this place is no use, the next may be;
- *too large* (413): smaller files may fit; where none are small enough, no place is of use;
- *away* (5xx, 429 again and again, no connection): any place may be of use later.
"""

import logging
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

import aiohttp
import discord

from bot.locales import Texts
from bot.records.models import Job
from bot.records.origin import DEFAULT_FILE_LIMIT
from bot.replies.buttons import FIRST, Action, ButtonId
from bot.replies.earlier import EarlierAnswers
from bot.replies.post import Post
from bot.replies.reply import Delivered, ReplyDelayed, Unreachable
from bot.replies.results import Result

logger = logging.getLogger(__name__)

AWAY = (discord.DiscordServerError, discord.RateLimited, aiohttp.ClientError, OSError, TimeoutError)
GONE, TOO_LARGE, TOO_OFTEN = (401, 403, 404), 413, 429  # HTTP statuses

Sent = TypeVar("Sent")
Edit = Callable[..., Awaitable[object]]
FindChannel = Callable[[], Awaitable[discord.abc.Messageable]]


class Places:
    """All places of one job."""

    def __init__(self, client: discord.Client, job: Job, texts: Texts) -> None:
        self._client = client
        self._job = job
        self._texts = texts
        self._placeholder = _placeholder(client, job)
        self._channel = client.get_partial_messageable(job.channel_id, guild_id=job.guild_id)
        self._earlier = EarlierAnswers(job, self._channel)
        self._file_limit = job.file_limit or DEFAULT_FILE_LIMIT

    async def edit_placeholder(self, post: Post) -> bool:
        """Let the placeholder show this; False where it cannot be edited any more."""
        placeholder = self._living_placeholder
        if placeholder is None:
            return False

        async def edit(files: list[discord.File]) -> None:
            await placeholder(
                content=post.content,
                attachments=files,
                view=post.view(self._texts),
                allowed_mentions=discord.AllowedMentions.none(),
            )

        with self._noting_no("placeholder"):
            await _send_small_enough(edit, post, self._file_limit)
            return True
        self._placeholder = None
        return False

    async def answer(self, post: Post, may_be_answered: bool) -> None:
        """Post a sentence in the first place that takes it, unless it stands there already.

        Raises `ReplyDelayed` or `Unreachable`.
        """
        if await self.edit_placeholder(post):
            return
        for find_channel in (self._own_channel, self._direct_messages):
            with self._noting_no("channel or direct messages"):
                channel = await find_channel()
                button_id = ButtonId(self._job.id, Action.AGAIN)
                if not (may_be_answered and await self._earlier.hold(button_id, channel)):
                    await self._post_instead(channel, post, self._job.id)
                return
        raise Unreachable

    async def deliver(self, result: Result, may_be_answered: bool) -> list[Delivered]:
        """Post pictures, in as few messages as take them unchanged; those that stand there, never.

        Of several messages the placeholder is the last that gets its own: whoever must begin again
        finds the others by their buttons. Raises `ReplyDelayed`, `Unreachable`, or `Refusal` where
        a picture is too large.
        """
        posted: dict[int, Delivered] = {}
        if self._living_placeholder:
            _, *others = result.posts(result.indices, self._file_limit)
            if others:
                beside = [index for group in others for index in group]
                await self._post_in(self._own_channel, result, beside, posted, may_be_answered)
            await self._fill_placeholder(result, posted)
        for find_channel in (self._own_channel, self._direct_messages):
            if left := result.indices - posted.keys():
                await self._post_in(find_channel, result, left, posted, may_be_answered)
        if not posted:
            raise Unreachable
        if missing := result.indices - posted.keys():
            logger.warning("job %s: no place took its pictures %s", self._job.id, sorted(missing))
        return list(dict.fromkeys(posted.values()))

    async def _fill_placeholder(self, result: Result, posted: dict[int, Delivered]) -> None:
        """Let the placeholder show all that is not posted, smaller if it should be beside it."""
        left = tuple(sorted(result.indices - posted.keys()))
        is_full = any(it.message_id == self._job.placeholder_id for it in posted.values())
        if left and not is_full and await self.edit_placeholder(result.post(left)):
            where = Delivered(self._job.channel_id, self._job.placeholder_id, left)
            posted |= dict.fromkeys(left, where)

    async def _post_in(
        self,
        find_channel: FindChannel,
        result: Result,
        indices: Collection[int],
        posted: dict[int, Delivered],
        may_be_answered: bool,
    ) -> None:
        """Post these pictures there, as far as it takes them and they do not stand there yet."""
        with self._noting_no("channel or direct messages"):
            channel = await find_channel()
            if may_be_answered:
                posted |= await self._earlier.pictures(channel)
            left = [index for index in indices if index not in posted]
            for group, post in result.posts(left, self._limit_in(channel)).items():
                if FIRST in group:
                    message = await self._post_instead(channel, post, self._job.id)
                else:
                    message = await self._post(channel, post, f"{self._job.id}{group[0]}")
                posted |= dict.fromkeys(group, Delivered(message.channel.id, message.id, group))

    async def _post_instead(
        self, channel: discord.abc.Messageable, post: Post, nonce: str
    ) -> discord.Message:
        """Post what the placeholder was to show, for whoever waits for it."""
        message = await self._post(channel, post, nonce, mention=True)
        await self._leave_placeholder(message)
        return message

    async def _post(
        self, channel: discord.abc.Messageable, post: Post, nonce: str, mention: bool = False
    ) -> discord.Message:
        user_id = self._job.user_id

        async def send(files: list[discord.File]) -> discord.Message:
            return await channel.send(
                f"<@{user_id}>\n{post.content}" if mention else post.content,
                files=files,
                view=post.view(self._texts),
                # Discord answers a nonce that it knows with the message that it already has.
                nonce=nonce,
                allowed_mentions=discord.AllowedMentions(
                    everyone=False, roles=False, users=[discord.Object(user_id)]
                ),
            )

        return await _send_small_enough(send, post, self._limit_in(channel))

    def _limit_in(self, channel: discord.abc.Messageable) -> int:
        """Bytes that a file may have there: what a user paid for does not count for the bot."""
        guild = self._client.get_guild(self._job.guild_id or 0)
        if channel is self._channel and guild is not None:
            return guild.filesize_limit
        return DEFAULT_FILE_LIMIT

    async def _leave_placeholder(self, answer: discord.Message) -> None:
        """Let the placeholder say where the answer went; the token is not needed for that."""
        try:
            await self._channel.get_partial_message(self._job.placeholder_id).edit(
                content=self._texts("job.moved", url=answer.jump_url), attachments=[], view=None
            )
        except (discord.HTTPException, *AWAY) as error:
            logger.info("job %s: its placeholder stays as it is: %s", self._job.id, error)

    @property
    def _living_placeholder(self) -> Edit | None:
        is_by_token = self._job.interaction_token is not None
        if is_by_token and datetime.now(UTC) >= self._job.token_expires_at:
            return None
        return self._placeholder

    async def _own_channel(self) -> discord.abc.Messageable:
        return self._channel

    async def _direct_messages(self) -> discord.abc.Messageable:
        return await self._client.create_dm(discord.Object(self._job.user_id))

    @contextmanager
    def _noting_no(self, place: str) -> Iterator[None]:
        """Leave a place that is of no use. Raises `ReplyDelayed` where it may be of use later."""
        try:
            yield
        except AWAY as error:
            raise ReplyDelayed(str(error)) from error
        except discord.HTTPException as error:
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


def _placeholder(client: discord.Client, job: Job) -> Edit | None:
    """How the placeholder is edited, if it can be."""
    if job.interaction_token is None:
        channel = client.get_partial_messageable(job.channel_id, guild_id=job.guild_id)
        return channel.get_partial_message(job.placeholder_id).edit
    if client.application_id is None:
        return None
    webhook = discord.Webhook.partial(client.application_id, job.interaction_token, client=client)
    return partial(webhook.edit_message, job.placeholder_id)
