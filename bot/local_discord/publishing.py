"""Telling the gateway and the page what happened to messages, each what it may see."""

from bot.local_discord.feed import Feed
from bot.local_discord.gateway.sessions import (
    DIRECT_MESSAGE_REACTIONS,
    DIRECT_MESSAGES,
    GUILD_MESSAGE_REACTIONS,
    GUILD_MESSAGES,
    MESSAGE_CONTENT,
    Session,
    Sessions,
)
from bot.local_discord.message import Message
from bot.local_discord.message_payloads import THREAD_STARTER, MessagePayloads
from bot.local_discord.permissions import VIEW_CHANNEL, permissions_in
from bot.local_discord.wire import Json
from bot.local_discord.world import Channel, World


class Publisher:
    """Spreads the news of messages."""

    def __init__(
        self, world: World, payloads: MessagePayloads, sessions: Sessions, feed: Feed
    ) -> None:
        self.world = world
        self.payloads = payloads
        self.sessions = sessions
        self.feed = feed

    def message_created(self, message: Message) -> None:
        self.publish("MESSAGE_CREATE", message)

    def message_updated(self, message: Message) -> None:
        self.publish("MESSAGE_UPDATE", message)
        self.show_in_its_thread(message)

    def show_in_its_thread(self, message: Message) -> None:
        """People see above the thread of a message what has become of that; bots hear nothing."""
        thread = self.world.channels.get(message.id)
        for first in [*thread.messages.values()][:1] if thread else []:
            if first.type == THREAD_STARTER:
                self.tell_people("MESSAGE_UPDATE", first)

    def message_deleted(self, message: Message) -> None:
        channel = self.world.channels[message.channel_id]
        gone: Json = {"id": message.id, "channel_id": channel.id}
        if channel.guild_id:
            gone["guild_id"] = channel.guild_id
        self.feed.tell({"type": "MESSAGE_DELETE", "message": gone}, to=self.readers(message))
        if self.reaches_bot(message):
            self.sessions.dispatch(
                "MESSAGE_DELETE", gone, guild_id=channel.guild_id, intent=intent_for(channel)
            )
        self.show_in_its_thread(message)

    def publish(self, event: str, message: Message) -> None:
        self.tell_people(event, message)
        if not self.reaches_bot(message):
            return
        payload = self.payloads.message(message)
        channel = self.world.channels[message.channel_id]
        if channel.guild_id:
            member = self.world.guilds[channel.guild_id].members.get(message.author_id)
            payload["guild_id"] = channel.guild_id
            if member:
                payload["member"] = self.payloads.payloads.partial_member(member)

        def as_heard(session: Session) -> Json:
            if session.intents & MESSAGE_CONTENT:
                return payload
            return self.payloads.without_content(payload, channel)

        self.sessions.dispatch(
            event, as_heard, guild_id=channel.guild_id, intent=intent_for(channel)
        )

    def tell_people(self, event: str, message: Message) -> None:
        """Shows a message to everybody who sees it, each with their own reactions marked."""
        readers = self.readers(message)
        for group in [{one} for one in readers] if message.reactions else [readers]:
            payload = self.payloads.message(message, seen_by=next(iter(group), None))
            self.feed.tell({"type": event, "message": payload}, to=group)

    def reacted(self, event: str, message: Message, told: Json) -> None:
        """Somebody reacted, or took it back."""
        self.tell_people("MESSAGE_UPDATE", message)
        if not self.reaches_bot(message):
            return
        channel = self.world.channels[message.channel_id]
        payload: Json = {"channel_id": channel.id, "message_id": message.id} | told
        if channel.guild_id:
            payload["guild_id"] = channel.guild_id
        intent = GUILD_MESSAGE_REACTIONS if channel.guild_id else DIRECT_MESSAGE_REACTIONS
        self.sessions.dispatch(event, payload, guild_id=channel.guild_id, intent=intent)

    def reaches_bot(self, message: Message) -> bool:
        """Whether the bot hears of it: an ephemeral message is its interaction's business alone."""
        return not message.is_ephemeral and self.world.bot.id in self.readers(message)

    def readers(self, message: Message) -> set[str]:
        """Everybody who sees a message."""
        if message.visible_to:
            return {message.visible_to}
        channel = self.world.channels[message.channel_id]
        guild = self.world.guild_of(channel)
        if guild is None:
            return set(channel.recipient_ids)
        return {
            user_id
            for user_id in guild.members
            if permissions_in(guild, channel, user_id) & VIEW_CHANNEL
        }


def intent_for(channel: Channel) -> int:
    return GUILD_MESSAGES if channel.guild_id else DIRECT_MESSAGES
