"""Pins: messages that stay at hand in their channel."""

from bot.local_discord.clock import iso
from bot.local_discord.errors import SystemMessage, TooManyPins
from bot.local_discord.gateway.sessions import DIRECT_MESSAGES, GUILDS
from bot.local_discord.message import Message
from bot.local_discord.message_payloads import PIN_ADDED, WRITTEN_BY_NOBODY
from bot.local_discord.messages import Messages
from bot.local_discord.wire import Json
from bot.local_discord.world import Channel

MAX_PINS = 250


class Pins:
    """Pins messages and takes pins out."""

    def __init__(self, messages: Messages) -> None:
        self.messages = messages
        self.world = messages.world

    def pinned(self, channel: Channel) -> list[Message]:
        """A channel's pins, the latest first."""
        there = [(one.pinned_at, one) for one in channel.messages.values() if one.pinned_at]
        return [message for _, message in sorted(there, key=lambda it: it[0], reverse=True)]

    def pin(self, message: Message, user_id: str) -> None:
        """Pins a message, and says in the channel who did."""
        if message.type in WRITTEN_BY_NOBODY:
            raise SystemMessage
        if message.pinned_at:
            return
        channel = self.world.channel(message.channel_id)
        if len(self.pinned(channel)) >= MAX_PINS:
            raise TooManyPins
        message.pinned_at = channel.last_pin_at = self.world.clock.now()
        self.messages.publisher.message_updated(message)
        self.tell(channel)
        said = Message(
            id=self.world.snowflakes.next(),
            channel_id=channel.id,
            author_id=user_id,
            created_at=self.world.clock.now(),
            type=PIN_ADDED,
            reply_to=message.id,
        )
        self.messages.add(channel, said)

    def unpin(self, message: Message) -> None:
        if message.pinned_at is None:
            return
        message.pinned_at = None
        channel = self.world.channel(message.channel_id)
        channel.last_pin_at = max(
            (one.pinned_at for one in self.pinned(channel) if one.pinned_at), default=None
        )
        self.messages.publisher.message_updated(message)
        self.tell(channel)

    def tell(self, channel: Channel) -> None:
        last = iso(channel.last_pin_at) if channel.last_pin_at else None
        payload: Json = {"channel_id": channel.id, "last_pin_timestamp": last}
        guild = self.world.guild_of(channel)
        if guild:
            payload["guild_id"] = guild.id
        if self.world.is_bot_in(channel):
            self.messages.publisher.sessions.dispatch(
                "CHANNEL_PINS_UPDATE",
                payload,
                guild_id=channel.guild_id,
                intent=GUILDS if guild else DIRECT_MESSAGES,
            )
