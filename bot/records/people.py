"""Users and guilds: written down when they first ask for something."""

from datetime import UTC, datetime

from bot.records.database import WriteSession
from bot.records.models import Guild, User


class People:
    """The users and guilds that the bot has met."""

    def __init__(self, session: WriteSession) -> None:
        self._session = session

    async def meet_user(self, user_id: int, name: str) -> User:
        """The user, with the name they bear now.

        Held until the unit of work ends: whoever counts a user's jobs and then adds one must be
        the only one who does.
        """
        user = await self._session.get(User, user_id, with_for_update=True)
        if user is None:
            user = User(id=user_id, created_at=datetime.now(UTC))
            self._session.add(user)
        user.name = name[:100]
        await self._session.flush()
        return user

    async def meet_guild(self, guild_id: int, name: str) -> Guild:
        """The guild, with the name it bears now."""
        guild = await self._session.get(Guild, guild_id)
        if guild is None:
            guild = Guild(id=guild_id, created_at=datetime.now(UTC))
            self._session.add(guild)
        guild.name = name[:100]
        return guild
