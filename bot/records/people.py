"""Users and guilds: written down when they first ask for something."""

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.records.database import ReadSession, WriteSession
from bot.records.models import Guild, User

Insert = Callable[[type[User | Guild]], postgresql.Insert | sqlite.Insert]

INSERTS: dict[str, Insert] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


class People:
    """The users and guilds that the bot has met."""

    def __init__(self, session: WriteSession) -> None:
        self._session = session

    async def meet_user(self, user_id: int, name: str) -> None:
        """Know this user by the name they bear now.

        Their row is locked until the unit of work ends: whoever counts a user's jobs and then
        adds one must be the only one who does.
        """
        await self._meet(User, user_id, name)

    async def meet_guild(self, guild_id: int, name: str) -> None:
        """Know this guild by the name it bears now."""
        await self._meet(Guild, guild_id, name)

    async def lock_user(self, user_id: int) -> None:
        """The same lock on a user who is known already."""
        await self._session.execute(select(User.id).where(User.id == user_id).with_for_update())

    async def _meet(self, kind: type[User | Guild], key: int, name: str) -> None:
        insert = INSERTS[self._session.get_bind().dialect.name]
        name = name[:100]
        statement = insert(kind).values(id=key, name=name, created_at=datetime.now(UTC))
        await self._session.execute(
            statement.on_conflict_do_update(index_elements=[kind.id], set_={"name": name})
        )


async def records_began(session: ReadSession) -> datetime | None:
    """When the first user was met; what was stored earlier is of no records but others."""
    moment: datetime | None = await session.scalar(select(func.min(User.created_at)))
    return moment
