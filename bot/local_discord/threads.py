"""Threads: conversations beside a channel, and what is told as they live."""

from collections.abc import Sequence

from bot.local_discord.errors import ThreadArchived, ThreadLocked
from bot.local_discord.gateway.sessions import GUILD_MEMBERS, GUILDS
from bot.local_discord.news import News
from bot.local_discord.payloads import Payloads
from bot.local_discord.permissions import MANAGE_THREADS, VIEW_CHANNEL, permissions_in
from bot.local_discord.wire import Json
from bot.local_discord.world import Channel, Guild, Thread, World

ARCHIVE_AFTER = 4320  # minutes


class Threads:
    """Opens, changes, joins and leaves threads, and tells the gateway."""

    def __init__(self, world: World, payloads: Payloads, news: News) -> None:
        self.world = world
        self.payloads = payloads
        self.news = news

    def open(
        self,
        parent: Channel,
        name: str,
        owner_id: str,
        *,
        kind: int,
        thread_id: str | None = None,
        archive_after: int | None = None,
    ) -> Thread:
        """A new thread with its owner in it."""
        now = self.world.clock.now()
        guild = self.guild(parent)
        thread = Thread(
            id=thread_id or self.world.snowflakes.next(),
            type=kind,
            name=name,
            guild_id=guild.id,
            parent_id=parent.id,
            owner_id=owner_id,
            overwrites=parent.overwrites,
            is_nsfw=parent.is_nsfw,
            created_at=now,
            archive_changed_at=now,
            archive_after=archive_after or ARCHIVE_AFTER,
            joined_at={owner_id: now},
        )
        self.world.channels[thread.id] = thread
        guild.thread_ids.append(thread.id)
        self.tell("THREAD_CREATE", thread, {"newly_created": True})
        return thread

    def guild(self, channel: Channel) -> Guild:
        guild = self.world.guild_of(channel)
        assert guild, "threads are in servers only"
        return guild

    def tell(self, event: str, thread: Thread, more: Json | None = None) -> None:
        """Tells the bot, if it can see the thread."""
        guild = self.guild(thread)
        if self.bot_sees(thread):
            self.news.tell(event, self.payloads.channel(thread) | (more or {}), guild)
        else:
            self.news.tell_people()

    def bot_sees(self, thread: Thread) -> bool:
        granted = permissions_in(self.guild(thread), thread, self.world.bot.id)
        return bool(granted & VIEW_CHANNEL)

    def change(
        self,
        thread: Thread,
        *,
        name: str | None = None,
        is_archived: bool | None = None,
        is_locked: bool | None = None,
        archive_after: int | None = None,
    ) -> None:
        thread.name = thread.name if name is None else name
        thread.is_locked = thread.is_locked if is_locked is None else is_locked
        thread.archive_after = archive_after or thread.archive_after
        if is_archived is not None and is_archived != thread.is_archived:
            thread.is_archived = is_archived
            thread.archive_changed_at = self.world.clock.now()
        self.tell("THREAD_UPDATE", thread)

    def archive_idle(self) -> None:
        """Puts away the threads in which nothing has happened for as long as each says."""
        now = self.world.clock.now()
        for thread in [one for one in self.world.channels.values() if isinstance(one, Thread)]:
            is_idle = now >= thread.quiet_since + thread.archive_after * 60
            if is_idle and not thread.is_archived:
                self.change(thread, is_archived=True)

    def join(self, thread: Thread, user_id: str) -> None:
        if thread.is_archived:
            raise ThreadArchived
        if user_id in thread.joined_at:
            return
        saw = self.bot_sees(thread)
        thread.joined_at[user_id] = self.world.clock.now()
        if user_id == self.world.bot.id and not saw:
            self.tell("THREAD_CREATE", thread)
        added = self.payloads.thread_member(thread, user_id)
        self.tell_members(thread, {"added_members": [added]}, user_id)

    def bring_in(self, thread: Thread, mentioned: Sequence[str]) -> None:
        """Who is mentioned in a thread becomes a member of it, if they can see its channel."""
        guild, parent = self.guild(thread), self.world.channel(thread.parent_id)
        for user_id in mentioned:
            if permissions_in(guild, parent, user_id) & VIEW_CHANNEL:
                self.join(thread, user_id)

    def leave(self, thread: Thread, user_id: str) -> None:
        if thread.is_archived:
            raise ThreadArchived
        if thread.joined_at.pop(user_id, None) is not None:
            self.tell_members(thread, {"removed_member_ids": [user_id]}, user_id)

    def tell_members(self, thread: Thread, change: Json, user_id: str) -> None:
        """Of others' coming and going a bot hears only with the members intent."""
        payload = {
            "id": thread.id,
            "guild_id": thread.guild_id,
            "member_count": len(thread.joined_at),
        } | change
        intent = GUILDS if user_id == self.world.bot.id else GUILD_MEMBERS
        self.news.tell("THREAD_MEMBERS_UPDATE", payload, self.guild(thread), intent=intent)

    def make_room(self, thread: Thread, user_id: str) -> None:
        """Before somebody writes: an archived thread opens again, a locked one does not."""
        granted = permissions_in(self.guild(thread), thread, user_id)
        if thread.is_locked and not granted & MANAGE_THREADS:
            raise ThreadLocked
        if thread.is_archived:
            self.change(thread, is_archived=False)
        self.join(thread, user_id)
