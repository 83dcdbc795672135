"""Emojis of a server's or of the application's own: made, renamed, removed, and found by name."""

import base64
import binascii
import io
import re

from PIL import Image

from bot.local_discord.cdn import IMAGE_TYPES, UNREADABLE
from bot.local_discord.errors import TooManyAnimatedEmojis, TooManyEmojis
from bot.local_discord.forms.base import refuse
from bot.local_discord.gateway.sessions import GUILD_EXPRESSIONS
from bot.local_discord.news import News
from bot.local_discord.payloads import Payloads
from bot.local_discord.unicode_emojis import is_emoji
from bot.local_discord.unknown import UnknownEmoji
from bot.local_discord.wire import Json
from bot.local_discord.world import Emoji, Guild, World

MAX_BYTES = 256 * 1024
MAX_OF_APPLICATION = 2000
MAX_OF_GUILD = (50, 100, 150, 250)  # of each kind, still and animated, by boost tier
DATA_URI = re.compile(r"data:image/(?:png|jpeg|gif|webp|avif);base64,([A-Za-z0-9+/=\s]+)")


class Emojis:
    """The one way to change which emojis there are."""

    def __init__(self, world: World, payloads: Payloads, news: News) -> None:
        self.world = world
        self.payloads = payloads
        self.news = news

    def get(self, emoji_id: str, guild_id: str | None) -> Emoji:
        emoji = self.world.emojis.get(emoji_id)
        if emoji is None or emoji.guild_id != guild_id:
            raise UnknownEmoji
        return emoji

    def add(self, name: str, image: str, creator_id: str, guild: Guild | None) -> Emoji:
        """A new emoji from a data URI, as bots and clients send pictures."""
        content_type, data = decoded(image)
        emoji = Emoji(
            id=self.world.snowflakes.next(),
            name=name,
            creator_id=creator_id,
            content_type=content_type,
            data=data,
            guild_id=guild.id if guild else None,
        )
        self.make_room(emoji, guild)
        self.world.emojis[emoji.id] = emoji
        self.tell(guild)
        return emoji

    def make_room(self, emoji: Emoji, guild: Guild | None) -> None:
        there = self.world.emojis_of(emoji.guild_id)
        if guild is None:
            is_full = len(there) >= MAX_OF_APPLICATION
        else:
            same = [one for one in there if one.is_animated == emoji.is_animated]
            is_full = len(same) >= MAX_OF_GUILD[guild.boost_tier]
        if is_full:
            raise TooManyAnimatedEmojis if guild and emoji.is_animated else TooManyEmojis

    def rename(self, emoji: Emoji, name: str) -> None:
        emoji.name = name
        self.tell(self.world.guilds.get(emoji.guild_id or ""))

    def remove(self, emoji: Emoji) -> None:
        del self.world.emojis[emoji.id]
        self.tell(self.world.guilds.get(emoji.guild_id or ""))

    def tell(self, guild: Guild | None) -> None:
        if guild:
            emojis = [self.payloads.emoji(one) for one in self.world.emojis_of(guild.id)]
            payload: Json = {"guild_id": guild.id, "emojis": emojis}
            self.news.tell("GUILD_EMOJIS_UPDATE", payload, guild, intent=GUILD_EXPRESSIONS)

    def key(self, named: str) -> str:
        """How a reaction is remembered: by `name:id` its id, or by its own characters."""
        name, colon, emoji_id = named.rpartition(":")
        if colon:
            emoji = self.world.emojis.get(emoji_id)
            if emoji is None or not name:
                raise UnknownEmoji
            return emoji.id
        if not is_emoji(named):
            raise UnknownEmoji
        return named


def decoded(image: str) -> tuple[str, bytes]:
    """The kind and the bytes of a picture in a data URI."""
    match = DATA_URI.fullmatch(image)
    try:
        data = base64.b64decode(match[1], validate=False) if match else b""
        with Image.open(io.BytesIO(data)) as picture:
            content_type = IMAGE_TYPES[picture.format or ""]
    except (*UNREADABLE, binascii.Error, KeyError):
        refuse((("image",), "IMAGE_INVALID", "Invalid image"))
    if len(data) > MAX_BYTES:
        sentence = "File cannot be larger than 256.0 kb."
        refuse((("image",), "BINARY_TYPE_MAX_SIZE", sentence))
    return content_type, data
