"""Reactions: who put which emoji under a message, and who is told."""

from bot.local_discord.emojis import Emojis
from bot.local_discord.errors import ThreadArchived, TooManyReactions
from bot.local_discord.message import Message
from bot.local_discord.publishing import Publisher
from bot.local_discord.wire import Json
from bot.local_discord.world import Thread, World

MAX_KINDS = 20  # different emojis under one message


class Reactions:
    """The one way to react, and to take it back."""

    def __init__(self, world: World, emojis: Emojis, publisher: Publisher) -> None:
        self.world = world
        self.emojis = emojis
        self.publisher = publisher

    def is_new(self, message: Message, named: str) -> bool:
        """Whether nobody has reacted so before, which takes a permission of its own."""
        return self.emojis.key(named) not in message.reactions

    def add(self, message: Message, named: str, user_id: str) -> None:
        key = self.emojis.key(named)
        self.require_open(message)
        if key not in message.reactions and len(message.reactions) >= MAX_KINDS:
            raise TooManyReactions
        who = message.reactions.setdefault(key, [])
        if user_id in who:
            return
        who.append(user_id)
        more: Json = {"burst": False, "type": 0, "message_author_id": message.author_id}
        self.tell("MESSAGE_REACTION_ADD", message, key, user_id, more)

    def remove(self, message: Message, named: str, user_id: str) -> None:
        """Takes one person's reaction away; one that is not there does not matter."""
        key = self.emojis.key(named)
        self.require_open(message)
        who = message.reactions.get(key, [])
        if user_id not in who:
            return
        who.remove(user_id)
        if not who:
            del message.reactions[key]
        more: Json = {"burst": False, "type": 0}
        self.tell("MESSAGE_REACTION_REMOVE", message, key, user_id, more)

    def clear(self, message: Message, named: str | None = None) -> None:
        """Takes all away, or all of one emoji."""
        self.require_open(message)
        if named is None:
            message.reactions.clear()
            self.publisher.reacted("MESSAGE_REACTION_REMOVE_ALL", message, {})
            return
        key = self.emojis.key(named)
        if message.reactions.pop(key, None):
            emoji = self.publisher.payloads.payloads.reaction_emoji(key)
            self.publisher.reacted("MESSAGE_REACTION_REMOVE_EMOJI", message, {"emoji": emoji})

    def tell(self, event: str, message: Message, key: str, user_id: str, more: Json) -> None:
        payloads = self.publisher.payloads.payloads
        told: Json = {"user_id": user_id, "emoji": payloads.reaction_emoji(key)} | more
        guild = self.world.guild_of(self.world.channel(message.channel_id))
        if event == "MESSAGE_REACTION_ADD" and guild and user_id in guild.members:
            told["member"] = payloads.member(guild.members[user_id])
        self.publisher.reacted(event, message, told)

    def require_open(self, message: Message) -> None:
        channel = self.world.channel(message.channel_id)
        if isinstance(channel, Thread) and channel.is_archived:
            raise ThreadArchived
