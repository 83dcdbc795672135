"""Default options in the database: of users and of guilds."""

from typing import Any

from bot.records.database import ReadSession, WriteSession
from bot.records.models import GuildDefaults, UserDefaults

Options = dict[str, Any]


class DefaultOptions:
    """What is kept; nothing where nothing was ever kept."""

    def __init__(self, session: ReadSession) -> None:
        self._session = session

    async def of_user(self, user_id: int) -> Options:
        """By the names of options."""
        row = await self._session.get(UserDefaults, user_id)
        return dict(row.options) if row else {}

    async def of_guild(self, guild_id: int) -> Options:
        """By the names of options."""
        row = await self._session.get(GuildDefaults, guild_id)
        return dict(row.options) if row else {}


class DefaultChanges:
    """Keeps options in place of those before; their owner must be known already."""

    def __init__(self, session: WriteSession) -> None:
        self._session = session

    async def keep_for_user(self, user_id: int, options: Options) -> None:
        """All that this user wants kept."""
        await self._session.merge(UserDefaults(user_id=user_id, options=options))

    async def keep_for_guild(self, guild_id: int, options: Options) -> None:
        """All that holds in this guild."""
        await self._session.merge(GuildDefaults(guild_id=guild_id, options=options))
