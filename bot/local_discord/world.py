"""Everything that exists here: people, servers, channels, messages, files, commands.

Plain values in dictionaries by id. Nothing here knows a protocol, checks a rule or tells anybody.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bot.local_discord.clock import Clock, Snowflakes
from bot.local_discord.message import Attachment, Message
from bot.local_discord.unknown import UnknownChannel, UnknownGuild, UnknownMessage, UnknownUser
from bot.local_discord.wire import Json

TEXT, DM, PUBLIC_THREAD, PRIVATE_THREAD = 0, 1, 11, 12  # kinds of channel
IN_GUILD, IN_BOT_DM, IN_PRIVATE_CHANNEL = 0, 1, 2  # interaction contexts

RETIREMENT = 60.0  # seconds a removed file can still be fetched
DEFAULT_ATTACHMENT_LIMIT = 10 * 1024 * 1024  # bytes
BOOSTED_LIMITS = (10, 10, 50, 100)  # MiB a file, by a server's boost tier


@dataclass(kw_only=True)
class User:
    id: str
    name: str
    display_name: str
    is_bot: bool = False
    dm_channels: dict[str, str] = field(default_factory=dict)  # the other's id → channel id
    attachment_limit: int = DEFAULT_ATTACHMENT_LIMIT  # bytes; more for who pays Discord


@dataclass(kw_only=True)
class Role:
    id: str
    name: str
    permissions: int
    position: int = 0
    color: int = 0
    bot_id: str | None = None  # the bot whose own role this is


@dataclass(kw_only=True)
class Member:
    user_id: str
    joined_at: float
    nick: str | None = None
    role_ids: list[str] = field(default_factory=list)


@dataclass(kw_only=True)
class Emoji:
    """A picture with a name, of a server or of the application."""

    id: str
    name: str
    creator_id: str
    content_type: str
    data: bytes
    guild_id: str | None = None

    @property
    def is_animated(self) -> bool:
        return self.content_type == "image/gif"


@dataclass(kw_only=True)
class Channel:
    id: str
    type: int
    name: str | None = None
    guild_id: str | None = None
    position: int = 0
    topic: str | None = None
    is_nsfw: bool = False
    recipient_ids: list[str] = field(default_factory=list)
    overwrites: dict[str, tuple[int, int]] = field(default_factory=dict)  # target → (allow, deny)
    messages: dict[str, Message] = field(default_factory=dict)
    last_pin_at: float | None = None

    @property
    def last_message_id(self) -> str | None:
        return next(reversed(self.messages), None)


@dataclass(kw_only=True)
class Thread(Channel):
    """A conversation beside a channel. Its overwrites are the channel's own, not a copy."""

    parent_id: str
    owner_id: str
    created_at: float
    archive_changed_at: float
    archive_after: int  # minutes in which nothing happens
    is_archived: bool = False
    is_locked: bool = False
    joined_at: dict[str, float] = field(default_factory=dict)  # its members
    num_sent: int = 0

    @property
    def quiet_since(self) -> float:
        """When something was last said here, or the thread was last opened or put away."""
        last = self.messages.get(self.last_message_id or "")
        return max(self.archive_changed_at, last.created_at if last else 0.0)


@dataclass(kw_only=True)
class Guild:
    id: str
    name: str
    owner_id: str
    roles: dict[str, Role]
    members: dict[str, Member] = field(default_factory=dict)
    channel_ids: list[str] = field(default_factory=list)
    thread_ids: list[str] = field(default_factory=list)
    boost_tier: int = 0
    attachment_limit: int = DEFAULT_ATTACHMENT_LIMIT


@dataclass(kw_only=True)
class Command:
    """An application command as registered; `body` is the form it came in, in Discord's shape."""

    id: str
    version: str
    type: int
    name: str
    body: Json
    guild_id: str | None = None


@dataclass(kw_only=True)
class Application:
    id: str
    name: str
    owner_id: str
    description: str = ""
    flags: int = 0  # which privileged intents were granted
    installed_by: set[str] = field(default_factory=set)  # who has it in every place they go


class World:
    """The one place where things live; lookups raise Discord's own 404s."""

    def __init__(self, application: Application, clock: Clock) -> None:
        self.application = application
        self.clock = clock
        self.snowflakes = Snowflakes(clock)
        self.users: dict[str, User] = {}
        self.guilds: dict[str, Guild] = {}
        self.channels: dict[str, Channel] = {}
        self.attachments: dict[str, Attachment] = {}
        self.commands: dict[str, Command] = {}
        self.emojis: dict[str, Emoji] = {}
        self.retired: deque[tuple[float, str]] = deque()  # when, and which attachment

    @property
    def bot(self) -> User:
        return self.users[self.application.id]

    def user(self, user_id: str) -> User:
        if user_id not in self.users:
            raise UnknownUser
        return self.users[user_id]

    def guild(self, guild_id: str) -> Guild:
        if guild_id not in self.guilds:
            raise UnknownGuild
        return self.guilds[guild_id]

    def channel(self, channel_id: str) -> Channel:
        if channel_id not in self.channels:
            raise UnknownChannel
        return self.channels[channel_id]

    def emojis_of(self, guild_id: str | None) -> list[Emoji]:
        """A server's own emojis, or the application's."""
        return [emoji for emoji in self.emojis.values() if emoji.guild_id == guild_id]

    def guild_of(self, channel: Channel) -> Guild | None:
        return self.guilds[channel.guild_id] if channel.guild_id else None

    def message(self, channel_id: str, message_id: str) -> Message:
        messages = self.channel(channel_id).messages
        if message_id not in messages:
            raise UnknownMessage
        return messages[message_id]

    def people(self) -> Iterator[User]:
        return (user for user in self.users.values() if not user.is_bot)

    def is_bot_in(self, channel: Channel) -> bool:
        """Whether the bot itself is in a place, and not only brought along by somebody."""
        guild = self.guild_of(channel)
        return self.bot.id in (guild.members if guild else channel.recipient_ids)

    def context(self, channel: Channel) -> int:
        """Where an interaction happens, in Discord's numbers."""
        if channel.guild_id:
            return IN_GUILD
        return IN_BOT_DM if self.is_bot_in(channel) else IN_PRIVATE_CHANNEL

    def threads_of(self, channel: Channel) -> list[Thread]:
        guild = self.guild_of(channel)
        threads = [self.channels[key] for key in guild.thread_ids] if guild else []
        return [one for one in threads if isinstance(one, Thread) and one.parent_id == channel.id]

    def add_channel(
        self, guild: Guild, name: str, topic: str | None = None, *, channel_id: str | None = None
    ) -> Channel:
        """A new text channel at the end of a server's list."""
        channel = Channel(
            id=channel_id or self.snowflakes.next(),
            type=TEXT,
            name=name,
            guild_id=guild.id,
            position=len(guild.channel_ids),
            topic=topic,
        )
        self.channels[channel.id] = channel
        guild.channel_ids.append(channel.id)
        return channel

    def attachment(self, attachment_id: str) -> Attachment | None:
        """A file that is there, or was until a moment ago."""
        oldest = self.clock.now() - RETIREMENT
        while self.retired and self.retired[0][0] < oldest:
            self.attachments.pop(self.retired.popleft()[1], None)
        return self.attachments.get(attachment_id)

    def retire(self, gone: Iterable[Attachment]) -> None:
        """Files no message has any more; who is fetching one still gets it, as from a cache."""
        now = self.clock.now()
        self.retired.extend((now, one.id) for one in gone)

    def open_dm(self, one_id: str, other_id: str) -> Channel:
        """The private channel of two users, made at its first use."""
        one, other = self.user(one_id), self.user(other_id)
        if other_id not in one.dm_channels:
            channel = Channel(id=self.snowflakes.next(), type=DM, recipient_ids=[one_id, other_id])
            self.channels[channel.id] = channel
            one.dm_channels[other_id] = other.dm_channels[one_id] = channel.id
        return self.channels[one.dm_channels[other_id]]
