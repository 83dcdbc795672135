"""What people want to find again, in the database: named queries and nothing else."""

from datetime import UTC, datetime

from sqlalchemy import delete

from bot.records.database import ReadSession, WriteSession
from bot.records.models import Favourite


class Favourites:
    """What can be asked about favourites."""

    def __init__(self, session: ReadSession) -> None:
        self._session = session

    async def holds(self, user_id: int, job_id: str, index: int) -> bool:
        """Whether a picture is among a user's favourites."""
        return await self._session.get(Favourite, (user_id, job_id, index)) is not None


class FavouriteChanges:
    """What can be done to favourites."""

    def __init__(self, session: WriteSession) -> None:
        self._session = session

    async def toggle(self, user_id: int, job_id: str, index: int) -> bool:
        """Take a picture among a user's favourites, or out of them; True where it is one now."""
        gone = await self._session.scalar(
            delete(Favourite)
            .where(
                Favourite.user_id == user_id,
                Favourite.job_id == job_id,
                Favourite.index == index,
            )
            .returning(Favourite.job_id)
        )
        if gone is None:
            self._session.add(
                Favourite(user_id=user_id, job_id=job_id, index=index, created_at=datetime.now(UTC))
            )
        return gone is None
