"""Pictures in the database: what people look for among them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import selectinload

from bot.records.database import ReadSession
from bot.records.models import JOB_ID_LENGTH, Favourite, Job, StoredImage


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody looks for: pictures of their own, or of anybody's the ones they like best."""

    user_id: int
    words: str = ""  # all of them stand in the prompt
    seed: int | None = None
    favourites: bool = False


class Images:
    """What can be asked about pictures. Those whose message was deleted are not found."""

    def __init__(self, session: ReadSession) -> None:
        self._session = session

    async def count(self, wanted: Wanted) -> int:
        """How many there are."""
        return await self._session.scalar(_matching(select(func.count()), wanted)) or 0

    async def some(self, wanted: Wanted, offset: int, limit: int) -> Sequence[StoredImage]:
        """A stretch of them, newest first."""
        statement = (
            _matching(select(StoredImage), wanted)
            .order_by(Job.created_at.desc(), StoredImage.job_id, StoredImage.index)
            .offset(offset)
            .limit(limit)
        )
        return (await self._session.scalars(statement)).all()

    async def standing_in(self, message_id: int) -> Sequence[StoredImage]:
        """The pictures that were posted in a message."""
        statement = (
            select(StoredImage)
            .where(StoredImage.message_id == message_id)
            .order_by(StoredImage.index)
        )
        return (await self._session.scalars(statement)).all()

    async def shown(self, job_id: str, user_id: int, guild_id: int | None) -> Job | None:
        """The newest job whose id begins so, with its pictures, if they stand somewhere.

        It is the user's own, or was made in the guild.
        """
        may_be_seen = Job.user_id == user_id
        if guild_id is not None:
            may_be_seen = may_be_seen | (Job.guild_id == guild_id)
        statement = (
            select(Job)
            .where(
                # A range, not LIKE: the primary key's index answers it.
                Job.id.between(job_id, job_id.ljust(JOB_ID_LENGTH, "f")),
                may_be_seen,
                Job.images.any(StoredImage.message_id.is_not(None)),
            )
            .order_by(Job.created_at.desc())
            .options(selectinload(Job.images))
            .limit(1)
        )
        found: Job | None = await self._session.scalar(statement)
        return found


def _matching(statement: Select[Any], wanted: Wanted) -> Select[Any]:
    statement = statement.select_from(StoredImage).join(StoredImage.job)
    if wanted.favourites:
        statement = statement.join(
            Favourite,
            and_(
                Favourite.user_id == wanted.user_id,
                Favourite.job_id == StoredImage.job_id,
                Favourite.index == StoredImage.index,
            ),
        )
    else:
        statement = statement.where(Job.user_id == wanted.user_id)
    statement = statement.where(StoredImage.message_id.is_not(None))
    if wanted.seed is not None:
        statement = statement.where(StoredImage.seed == wanted.seed)
    prompt = StoredImage.settings["prompt"].as_string()
    for word in wanted.words.split():
        statement = statement.where(prompt.icontains(word, autoescape=True))
    return statement
