"""Telling the gateway and every open page that a place is not as it was."""

from collections.abc import Callable

from bot.local_discord.feed import Feed
from bot.local_discord.gateway.sessions import GUILDS, Session, Sessions
from bot.local_discord.wire import Json
from bot.local_discord.world import Guild, World


class News:
    """Spreads the news of servers, channels, threads, roles and members."""

    def __init__(self, world: World, sessions: Sessions, feed: Feed) -> None:
        self.world = world
        self.sessions = sessions
        self.feed = feed

    def tell(
        self,
        event: str,
        payload: Json | Callable[[Session], Json],
        guild: Guild,
        *,
        intent: int = GUILDS,
    ) -> None:
        """The bot is told the event where it is a member; people look around anew."""
        if self.world.bot.id in guild.members:
            self.sessions.dispatch(event, payload, guild_id=guild.id, intent=intent)
        self.tell_people()

    def tell_people(self) -> None:
        """Lets every open page look around again."""
        self.feed.tell({"type": "WORLD"}, to={user.id for user in self.world.people()})
