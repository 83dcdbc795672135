"""Numbers about everything that was ever asked for. Each is answered by an index."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import extract, func, select

from bot.records.database import ReadSession
from bot.records.models import Favourite, Guild, Job, StoredImage, User


class Counts:
    """What can be counted."""

    def __init__(self, session: ReadSession) -> None:
        self._session = session

    async def everything(self) -> tuple[int, int, int]:
        """Pictures, users and guilds."""
        counts = [select(func.count()).select_from(it) for it in (StoredImage, User, Guild)]
        pictures, users, guilds = [await self._session.scalar(it) or 0 for it in counts]
        return pictures, users, guilds

    async def of_user(self, user_id: int) -> tuple[int, int, int]:
        """Requests, pictures and favourites of one user."""
        counts = (
            select(func.count()).select_from(Job).where(Job.user_id == user_id),
            select(func.count())
            .select_from(StoredImage)
            .join(StoredImage.job)
            .where(Job.user_id == user_id),
            select(func.count()).select_from(Favourite).where(Favourite.user_id == user_id),
        )
        requests, pictures, favourites = [await self._session.scalar(it) or 0 for it in counts]
        return requests, pictures, favourites

    async def busiest_models(self, since: datetime, limit: int) -> Sequence[tuple[str, int]]:
        """The models that most requests were for, each with how many, most first."""
        model, count = Job.request["model"].as_string(), func.count()
        statement = (
            select(model, count)
            .where(Job.created_at > since)
            .group_by(model)
            .order_by(count.desc(), model)
            .limit(limit)
        )
        return [(row[0] or "", row[1]) for row in await self._session.execute(statement)]

    async def average_wait(self, since: datetime) -> float | None:
        """Seconds from acceptance until work began, on average; None where none did."""
        waited = extract("epoch", Job.started_at) - extract("epoch", Job.created_at)
        statement = select(func.avg(waited)).where(
            Job.created_at > since, Job.started_at.is_not(None)
        )
        average = await self._session.scalar(statement)
        return None if average is None else float(average)
