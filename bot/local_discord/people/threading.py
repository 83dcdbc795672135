"""A person in threads: starts them, joins, leaves, and puts them away."""

from bot.local_discord.interactions.refusals import Impossible
from bot.local_discord.people.actions import Actor
from bot.local_discord.permissions import (
    CREATE_PRIVATE_THREADS,
    CREATE_PUBLIC_THREADS,
    MANAGE_THREADS,
    permissions_in,
)
from bot.local_discord.thread_starts import ThreadStarts
from bot.local_discord.threads import Threads
from bot.local_discord.world import PRIVATE_THREAD, PUBLIC_THREAD, TEXT, Thread


class ThreadActor:
    """One person before the threads of their client."""

    def __init__(self, person: Actor, threads: Threads, starts: ThreadStarts) -> None:
        self.person = person
        self.threads = threads
        self.starts = starts

    def start(
        self, channel_id: str, name: str, message_id: str | None, *, is_private: bool
    ) -> Thread:
        channel = self.person.channel(channel_id)
        if channel.type != TEXT:
            raise Impossible("Threads start in a server's text channels.")
        needed = CREATE_PRIVATE_THREADS if is_private else CREATE_PUBLIC_THREADS
        self.person.require(channel, needed, "cannot start such threads here")
        user_id = self.person.user.id
        if message_id:
            message = self.person.message(channel_id, message_id)
            if message.is_ephemeral:
                raise Impossible("No thread starts from a message that only one person sees.")
            return self.starts.on_message(channel, message, name, user_id, None)
        kind = PRIVATE_THREAD if is_private else PUBLIC_THREAD
        return self.starts.alone(channel, name, user_id, kind, None)

    def thread(self, thread_id: str) -> Thread:
        channel = self.person.channel(thread_id)
        if not isinstance(channel, Thread):
            raise Impossible("That is no thread.")
        return channel

    def change(
        self, thread_id: str, name: str | None, is_archived: bool | None, is_locked: bool | None
    ) -> Thread:
        """Who began a thread may rename it and put it away; to lock it takes Manage Threads."""
        thread, user_id = self.thread(thread_id), self.person.user.id
        granted = permissions_in(self.threads.guild(thread), thread, user_id)
        may_manage = bool(granted & MANAGE_THREADS)
        if not may_manage and (thread.owner_id != user_id or is_locked is not None):
            raise Impossible(f"{self.person.user.display_name} cannot change this thread so.")
        if thread.is_locked and not may_manage:
            raise Impossible("This thread is locked.")
        self.threads.change(thread, name=name, is_archived=is_archived, is_locked=is_locked)
        return thread

    def join(self, thread_id: str) -> Thread:
        thread = self.thread(thread_id)
        self.threads.join(thread, self.person.user.id)
        return thread

    def leave(self, thread_id: str) -> None:
        self.threads.leave(self.thread(thread_id), self.person.user.id)
