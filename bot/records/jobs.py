"""Jobs in the database: named queries and nothing else."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import selectinload

from bot.records.database import ReadSession, WriteSession
from bot.records.derivations import DerivationChanges
from bot.records.models import Job, JobState, StoredImage

WHOLE = (selectinload(Job.images), selectinload(Job.derivation))
Place: TypeAlias = tuple[int, int, Sequence[int]]  # channel, message, indices of pictures
WAITING = (JobState.ACCEPTED, JobState.RUNNING)


class Jobs:
    """What can be asked about jobs."""

    def __init__(self, session: ReadSession) -> None:
        self._session = session

    async def find(self, job_id: str) -> Job | None:
        """The job of that id, whole."""
        return await self._session.get(Job, job_id, options=WHOLE)

    async def unanswered(self) -> Sequence[Job]:
        """Everything that the bot still owes somebody, oldest first, whole."""
        statement = (
            select(Job).where(Job.answered_at.is_(None)).order_by(Job.created_at).options(*WHOLE)
        )
        return (await self._session.scalars(statement)).all()

    async def last_served(self, since: datetime) -> Sequence[int]:
        """The users whose jobs workers have begun with since then, least recently first."""
        statement = (
            select(Job.user_id)
            .where(Job.created_at > since, Job.started_at.is_not(None))
            .group_by(Job.user_id)
            .order_by(func.max(Job.started_at))
        )
        return (await self._session.scalars(statement)).all()

    async def num_waiting(self, user_id: int) -> int:
        """How many jobs of a user no worker has begun with."""
        statement = select(func.count()).where(
            Job.user_id == user_id, Job.state == JobState.ACCEPTED
        )
        return await self._session.scalar(statement) or 0

    async def waiting_of(self, user_id: int) -> Sequence[Job]:
        """The jobs of a user that have no pictures yet, oldest first."""
        statement = (
            select(Job)
            .where(Job.user_id == user_id, Job.state.in_(WAITING))
            .order_by(Job.created_at)
        )
        return (await self._session.scalars(statement)).all()

    async def nth_newest(self, user_id: int, n: int, since: datetime) -> datetime | None:
        """When a user asked for the `n`th newest of their jobs since then, failures aside."""
        statement = (
            select(Job.created_at)
            .where(Job.user_id == user_id, Job.created_at > since, Job.state != JobState.FAILED)
            .order_by(Job.created_at.desc())
            .offset(n - 1)
            .limit(1)
        )
        return await self._session.scalar(statement)


class JobChanges:
    """What can be done to jobs. A state only changes from one that allows it, or not at all."""

    def __init__(self, session: WriteSession) -> None:
        self._session = session

    async def add(self, job: Job) -> None:
        """A new job."""
        self._session.add(job)
        await self._session.flush()

    async def begin(self, job_id: str) -> bool:
        """A worker has it."""
        return await self._move(
            job_id, [JobState.ACCEPTED], state=JobState.RUNNING, started_at=datetime.now(UTC)
        )

    async def put_back(self) -> None:
        """No worker has any: those that had one died with an earlier process."""
        await self._session.execute(
            update(Job)
            .where(Job.state == JobState.RUNNING)
            .values(state=JobState.ACCEPTED)
            .execution_options(synchronize_session=False)
        )

    async def keep(self, job_id: str, images: Iterable[StoredImage]) -> bool:
        """Its pictures are made; False where they are no longer wanted."""
        moved = await self._move(job_id, WAITING, state=JobState.MADE, made_at=datetime.now(UTC))
        if moved:
            self._session.add_all(images)
        return moved

    async def cancel(self, job_id: str, sentence: str) -> bool:
        """Its user withdrew it; False where it is too late for that."""
        return await self._end(job_id, WAITING, state=JobState.CANCELLED, sentence=sentence)

    async def fail(self, job_id: str, sentence: str) -> bool:
        """There will be no pictures, or nobody to show them to."""
        return await self._end(
            job_id, (*WAITING, JobState.MADE), state=JobState.FAILED, sentence=sentence
        )

    async def deliver(self, job_id: str, places: Iterable[Place]) -> None:
        """Its pictures stand in these messages; the key to edit one is forgotten."""
        await self._answer(job_id)
        for channel_id, message_id, indices in places:
            these = (StoredImage.job_id == job_id) & StoredImage.index.in_(indices)
            await self._place(these, channel_id, message_id)

    async def take_down(self, job_id: str, message_id: int) -> None:
        """A message with its pictures was deleted; they must not be posted again."""
        await self._answer(job_id)  # it may have been posted and not be noted yet
        this = (StoredImage.job_id == job_id) & (StoredImage.message_id == message_id)
        await self._place(this, None, None)

    async def tell(self, job_id: str) -> None:
        """Its user has read why there are no pictures, or cannot be reached."""
        await self._move(
            job_id,
            (JobState.CANCELLED, JobState.FAILED),
            answered_at=datetime.now(UTC),
            interaction_token=None,
        )

    async def _answer(self, job_id: str) -> None:
        await self._move(
            job_id,
            [JobState.MADE],
            state=JobState.DELIVERED,
            answered_at=datetime.now(UTC),
            interaction_token=None,
        )

    async def _place(
        self, which: ColumnElement[bool], channel_id: int | None, message_id: int | None
    ) -> None:
        await self._session.execute(
            update(StoredImage)
            .where(which)
            .values(channel_id=channel_id, message_id=message_id)
            .execution_options(synchronize_session=False)
        )

    async def _end(self, job_id: str, allowed: Iterable[JobState], **values: Any) -> bool:
        ended = await self._move(job_id, allowed, **values)
        if ended:
            await DerivationChanges(self._session).give_up_sole(job_id)
        return ended

    async def _move(self, job_id: str, allowed: Iterable[JobState], **values: Any) -> bool:
        result = await self._session.execute(
            update(Job)
            .where(Job.id == job_id, Job.state.in_(tuple(allowed)))
            .values(**values)
            .returning(Job.id)
            .execution_options(synchronize_session=False)
        )
        return result.first() is not None
