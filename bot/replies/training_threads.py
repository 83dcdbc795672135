"""A training's thread, which hangs from a message: the same one, whoever opens it and how often.

Such a thread has the message's id, and there can be only one.
"""

import logging
from typing import Final

import discord

from bot.replies.places import TOO_OFTEN

logger = logging.getLogger(__name__)

AUTO_ARCHIVE: Final = 10080  # minutes; the longest there is
NOT_FOUND = 404  # an HTTP status
HAS_THREAD = 160004  # what Discord says of a message from which a thread hangs already


async def open_thread(
    message: discord.Message | discord.PartialMessage, name: str, user_id: int
) -> int | None:
    """The thread that hangs from a message, with somebody in it; None where there can be none.

    Raises `discord.HTTPException` where the message is gone, or another time will do.
    """
    try:
        thread = await message.create_thread(name=name, auto_archive_duration=AUTO_ARCHIVE)
    except discord.HTTPException as error:
        if error.code == HAS_THREAD:
            await _rename(message, name)
            return message.id
        if error.status in (NOT_FOUND, TOO_OFTEN) or error.status >= 500:
            raise
        logger.info("no thread hangs from message %d: %s", message.id, error)
        return None
    try:
        # So that it stands among their channels, without a word that would ring.
        await thread.add_user(discord.Object(user_id))
    except discord.HTTPException as error:
        logger.info("thread %d: user %d is not added: %s", thread.id, user_id, error)
    return thread.id


async def _rename(message: discord.Message | discord.PartialMessage, name: str) -> None:
    """Call its thread by what is learned: that may have been given another name since."""
    thread = message.thread
    if thread is None or thread.name == name:
        return
    try:
        await thread.edit(name=name)
    except discord.HTTPException as error:
        logger.info("thread %d keeps its name: %s", thread.id, error)


async def close_thread(message: discord.Message, granted: discord.Permissions) -> None:
    """Delete the bot's own thread that hangs from a message, or put it away where it may not."""
    try:
        thread = await message.fetch_thread()
        if thread.owner_id != message.author.id:
            return
        if granted.administrator or granted.manage_threads:
            await thread.delete()
        elif not thread.archived:
            await thread.edit(archived=True)
    except discord.HTTPException as error:
        logger.info("the thread of message %d stays as it is: %s", message.id, error)
