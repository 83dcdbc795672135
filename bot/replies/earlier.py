"""What an earlier attempt to answer a job may have left in Discord, known by its buttons."""

import logging
from collections.abc import AsyncIterator
from datetime import timedelta

import discord

from bot.records.models import Job
from bot.replies.buttons import OF_ONE_PICTURE, ButtonId, buttons_of
from bot.replies.reply import Delivered

logger = logging.getLogger(__name__)

CLOCK_SKEW = timedelta(minutes=5)  # that Discord's clock may be behind ours
NUM_SEARCHED = 1000  # messages


class EarlierAnswers:
    """Looks for what stands there already of one job."""

    def __init__(self, job: Job, channel: discord.PartialMessageable) -> None:
        """`channel` is the one that the job was asked for in, with its placeholder."""
        self._job = job
        self._channel = channel

    async def pictures(self, channel: discord.abc.Messageable) -> dict[int, Delivered]:
        """The job's pictures that stand in this channel or in the placeholder, by index."""
        found: dict[int, Delivered] = {}
        async for message in self._candidates(channel):
            indices = {
                it.index
                for it in buttons_of(message, self._job.id)
                if it.index is not None and it.action in OF_ONE_PICTURE
            }
            if indices:
                where = Delivered(message.channel.id, message.id, tuple(sorted(indices)))
                found |= dict.fromkeys(indices, where)
        return found

    async def hold(self, button_id: ButtonId, channel: discord.abc.Messageable) -> bool:
        """Whether there is a message with this button."""
        async for message in self._candidates(channel):
            if button_id in buttons_of(message, self._job.id):
                return True
        return False

    async def _candidates(self, channel: discord.abc.Messageable) -> AsyncIterator[discord.Message]:
        """Where an answer may stand: the placeholder, then what came since it could be given."""
        try:
            yield await self._channel.fetch_message(self._job.placeholder_id)
        except (discord.NotFound, discord.Forbidden):
            logger.debug("job %s: its placeholder is deleted or out of sight", self._job.id)
        since = discord.utils.time_snowflake(
            (self._job.made_at or self._job.created_at) - CLOCK_SKEW
        )
        async for message in channel.history(limit=NUM_SEARCHED, after=discord.Object(since)):
            if message.id != self._job.placeholder_id:
                yield message
