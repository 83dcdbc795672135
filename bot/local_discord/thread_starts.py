"""Starting threads: from a message, or alone, with the messages that Discord adds by itself."""

from bot.local_discord.errors import ThreadAlreadyStarted, WrongChannelType
from bot.local_discord.message import Message
from bot.local_discord.message_payloads import THREAD_CREATED, THREAD_STARTER
from bot.local_discord.messages import Messages
from bot.local_discord.threads import Threads
from bot.local_discord.world import PRIVATE_THREAD, PUBLIC_THREAD, TEXT, Channel, Thread

HAS_THREAD = 1 << 5  # message flag


class ThreadStarts:
    """The two ways in which a thread begins."""

    def __init__(self, threads: Threads, messages: Messages) -> None:
        self.threads = threads
        self.messages = messages
        self.world = messages.world

    def on_message(
        self, channel: Channel, message: Message, name: str, user_id: str, archive_after: int | None
    ) -> Thread:
        """A thread about a message; it has the message's id, and begins with a pointer to it."""
        require_text(channel)
        if message.id in self.world.channels:
            raise ThreadAlreadyStarted
        thread = self.threads.open(
            channel,
            name,
            user_id,
            kind=PUBLIC_THREAD,
            thread_id=message.id,
            archive_after=archive_after,
        )
        message.flags |= HAS_THREAD
        message.thread_id = thread.id
        self.messages.publisher.message_updated(message)
        self.add(thread, user_id, THREAD_STARTER, reply_to=message.id)
        return thread

    def alone(
        self, channel: Channel, name: str, user_id: str, kind: int, archive_after: int | None
    ) -> Thread:
        """A thread of its own; of a public one, the channel is told."""
        require_text(channel)
        thread = self.threads.open(channel, name, user_id, kind=kind, archive_after=archive_after)
        if kind != PRIVATE_THREAD:
            self.add(channel, user_id, THREAD_CREATED, content=name, thread_id=thread.id)
        return thread

    def add(
        self,
        channel: Channel,
        user_id: str,
        kind: int,
        *,
        content: str = "",
        reply_to: str | None = None,
        thread_id: str | None = None,
    ) -> None:
        """A message that nobody wrote."""
        message = Message(
            id=self.world.snowflakes.next(),
            channel_id=channel.id,
            author_id=user_id,
            created_at=self.world.clock.now(),
            type=kind,
            content=content,
            reply_to=reply_to,
            thread_id=thread_id,
        )
        self.messages.add(channel, message)


def require_text(channel: Channel) -> None:
    if channel.type != TEXT:
        raise WrongChannelType
