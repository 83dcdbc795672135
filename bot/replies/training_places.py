"""Where a training is talked about in Discord: made once, found again after a restart.

In a channel, the preview on which it was confirmed says that a training began, and a thread hangs
from it, where a message shows how far it is. Where no thread can be (direct messages, a thread, no
permission), a message of its own says and shows all that, as it does where the preview was deleted;
where nothing can be posted at all, its user's direct messages do.
"""

import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeAlias

import discord

from bot.locales import Texts
from bot.records.models import Training
from bot.records.origin import DEFAULT_FILE_LIMIT
from bot.replies import training_wording as wording
from bot.replies.earlier import CLOCK_SKEW, NUM_SEARCHED
from bot.replies.places import AWAY, GONE, TOO_LARGE, TOO_OFTEN
from bot.replies.reply import ReplyDelayed, Unreachable
from bot.replies.training_buttons import (
    Buttons,
    TrainingAction,
    TrainingButtonId,
    training_buttons_of,
    training_view,
)
from bot.replies.training_reply import TrainingPlace
from bot.replies.training_threads import open_thread

logger = logging.getLogger(__name__)

MakeFiles: TypeAlias = Callable[[], Sequence[discord.File]]
"""Files anew for each attempt: sending uses them up."""

ARCHIVED = 50083  # what Discord says of a message to be edited in a thread long without a word
LOCKED = 160005  # and of a thread in which only its server's admins may write


class TrainingPlaces:
    """All places of one training."""

    def __init__(
        self, client: discord.Client, training: Training, texts: Texts, may_be_posted: bool
    ) -> None:
        self._client = client
        self._training = training
        self._texts = texts
        self.may_be_posted = may_be_posted
        self.place: TrainingPlace | None = None
        if training.message_id:
            self.place = TrainingPlace(training.thread_id, training.message_id, training.is_direct)

    async def file_limit(self) -> int:
        """Bytes that one file may have."""
        await self._client.wait_until_ready()  # before that, no guild is known
        guild = self._client.get_guild(self._training.guild_id or 0)
        return guild.filesize_limit if guild else DEFAULT_FILE_LIMIT

    @property
    def has_thread(self) -> bool:
        """Whether it is talked about where nothing else is."""
        place = self.place
        return place is not None and place.thread_id is not None and not place.is_direct

    async def open(self, content: str, buttons: Buttons) -> TrainingPlace:
        """Make the place, with a message that says this, as far as it is not there."""
        if self.place is None:
            try:
                with heeding_no():
                    self.place = await self._open_in_channel(content, buttons)
            except discord.HTTPException as error:
                self._note(error, "its channel")
                channel = await self._direct_messages()
                with self._nowhere_else():
                    message = await self._first(channel, content, buttons)
                    self.place = TrainingPlace(channel.id, message.id, is_direct=True)
            finally:
                self.may_be_posted = True  # a further attempt looks for what this one posted
        assert self.place, "or there was none, which raised"
        return self.place

    async def edit(
        self, content: str, buttons: Buttons, make_files: MakeFiles | None = None
    ) -> None:
        """Let the first message show this, if it still stands; None keeps its files."""
        assert self.place, "opened before"
        message = self._talk().get_partial_message(self.place.message_id)

        async def edit() -> None:
            changes: dict[str, Any] = {"content": content}
            if make_files is not None:
                changes["attachments"] = list(make_files())
            view = training_view(buttons, self._texts) if buttons else None
            await message.edit(
                **changes, view=view, allowed_mentions=discord.AllowedMentions.none()
            )

        try:
            with heeding_no():
                try:
                    await edit()
                except discord.HTTPException as error:
                    if error.code != ARCHIVED:
                        raise
                    await self._reopen()
                    await edit()
        except discord.HTTPException as error:
            self._note(error, "the message that shows how far it is")

    async def say(
        self,
        content: str,
        buttons: Buttons,
        make_files: MakeFiles = tuple,
        key: TrainingButtonId | None = None,
        is_quiet: bool = False,
    ) -> None:
        """Post a message of its own, unless one with the button `key` stands there already."""

        async def post(channel: discord.abc.Messageable) -> None:
            since = self._training.ended_at or self._training.created_at
            found = key and self.may_be_posted and await self._find(channel, key, since)
            self.may_be_posted = True
            if found:
                return
            try:
                await self._send(channel, content, buttons, make_files(), is_quiet)
            except discord.HTTPException as error:
                if error.status != TOO_LARGE:
                    raise
                self._note(error, "files of that size")
                await self._send(channel, content, buttons, is_quiet=is_quiet)

        try:
            with heeding_no():
                await post(self._talk())
        except discord.HTTPException as error:
            self._note(error, "its thread or channel")
            channel = await self._direct_messages()
            with self._nowhere_else():
                await post(channel)

    async def _open_in_channel(self, content: str, buttons: Buttons) -> TrainingPlace:
        await self._client.wait_until_ready()  # before that, no guild is known
        channel = self._channel(self._training.channel_id)
        if self._training.guild_id is None or self._is_thread():
            message = await self._first(channel, content, buttons)
            return TrainingPlace(None, message.id)
        root = await self._root(channel)
        name = wording.thread_name(self._texts, self._training.request["name"])
        thread_id = await open_thread(root, name, self._training.user_id)
        if thread_id is not None:
            try:
                message = await self._first(self._channel(thread_id), content, buttons)
                return TrainingPlace(thread_id, message.id)
            except discord.HTTPException as error:
                if error.status not in GONE and error.code not in (ARCHIVED, LOCKED):
                    raise
                self._note(error, "its thread")
        return TrainingPlace(None, root.id)

    async def _root(
        self, channel: discord.PartialMessageable
    ) -> discord.Message | discord.PartialMessage:
        """What everybody in the channel reads: the preview, or a message in its place."""
        key = TrainingButtonId(self._training.id, TrainingAction.STATUS)
        begun = wording.begun(self._texts, self._training)
        if self._training.preview_id:
            preview = channel.get_partial_message(self._training.preview_id)
            view = training_view([key], self._texts)
            nobody = discord.AllowedMentions.none()
            try:
                await preview.edit(content=begun, view=view, allowed_mentions=nobody)
            except discord.NotFound as error:
                self._note(error, "its preview")
            else:
                return preview
        return await self._find_or_send(channel, begun, [key], key, is_quiet=True)

    async def _reopen(self) -> None:
        """Take the thread out of the archive, where Discord puts it after a week of silence."""
        thread = await self._client.fetch_channel(self._talk().id)
        if isinstance(thread, discord.Thread):
            await thread.edit(archived=False)

    async def _first(
        self,
        channel: discord.PartialMessageable | discord.DMChannel,
        content: str,
        buttons: Buttons,
    ) -> discord.Message:
        return await self._find_or_send(channel, content, buttons, buttons[0])

    async def _find_or_send(
        self,
        channel: discord.abc.Messageable,
        content: str,
        buttons: Buttons,
        key: TrainingButtonId,
        is_quiet: bool = False,
    ) -> discord.Message:
        if self.may_be_posted:
            found = await self._find(channel, key, self._training.created_at)
            if found:
                return found
        return await self._send(channel, content, buttons, is_quiet=is_quiet)

    async def _find(
        self, channel: discord.abc.Messageable, key: TrainingButtonId, since: datetime
    ) -> discord.Message | None:
        """A message of this training with that button."""
        after = discord.Object(discord.utils.time_snowflake(since - CLOCK_SKEW))
        async for message in channel.history(limit=NUM_SEARCHED, after=after):
            if key in training_buttons_of(message):
                return message
        return None

    async def _send(
        self,
        channel: discord.abc.Messageable,
        content: str,
        buttons: Buttons,
        files: Sequence[discord.File] = (),
        is_quiet: bool = False,
    ) -> discord.Message:
        # Discord answers a nonce that it knows with the message that it already has.
        known = f"{self._training.id} {self._training.round} {content}"
        return await channel.send(
            content,
            files=list(files),
            view=training_view(buttons, self._texts),
            nonce=hashlib.sha256(known.encode()).hexdigest()[:24],
            allowed_mentions=discord.AllowedMentions(
                everyone=False,
                roles=False,
                users=False if is_quiet else [discord.Object(self._training.user_id)],
            ),
        )

    def _talk(self) -> discord.PartialMessageable:
        """Where it is talked about."""
        thread_id = self.place.thread_id if self.place else None
        return self._channel(thread_id or self._training.channel_id)

    def _channel(self, channel_id: int) -> discord.PartialMessageable:
        return self._client.get_partial_messageable(channel_id, guild_id=self._training.guild_id)

    def _is_thread(self) -> bool:
        guild = self._client.get_guild(self._training.guild_id or 0)
        return guild is not None and guild.get_thread(self._training.channel_id) is not None

    async def _direct_messages(self) -> discord.DMChannel:
        with self._nowhere_else():
            return await self._client.create_dm(discord.Object(self._training.user_id))
        raise Unreachable

    @contextmanager
    def _nowhere_else(self) -> Iterator[None]:
        try:
            with heeding_no():
                yield
        except discord.HTTPException as error:
            self._note(error, "direct messages")
            raise Unreachable from error

    def _note(self, error: discord.HTTPException, place: str) -> None:
        level = logging.INFO if error.status in GONE else logging.WARNING
        logger.log(level, "training %s: no use of %s: %s", self._training.id, place, error)


@contextmanager
def heeding_no() -> Iterator[None]:
    """Raise `ReplyDelayed` where Discord may say yes later; its other noes pass."""
    try:
        yield
    except AWAY as error:
        raise ReplyDelayed(str(error)) from error
    except discord.HTTPException as error:
        if error.status == TOO_OFTEN:
            raise ReplyDelayed(str(error)) from error
        raise
