"""Trainings in the database: named queries and nothing else."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import joinedload, selectinload

from bot.records.database import ReadSession, WriteSession
from bot.records.models import KeptSnapshot, Training, TrainingState

WHOLE = (
    joinedload(Training.user),
    selectinload(Training.pictures),
    selectinload(Training.snapshots),
)
UNDER_WAY = (TrainingState.ACCEPTED, TrainingState.RUNNING)
UNFINISHED = (*UNDER_WAY, TrainingState.PAUSED)
ENDED = (TrainingState.DONE, TrainingState.FAILED)


class Trainings:
    """What can be asked about trainings."""

    def __init__(self, session: ReadSession) -> None:
        self._session = session

    async def find(self, training_id: str) -> Training | None:
        """The training of that id, whole, as it is now."""
        return await self._session.get(Training, training_id, options=WHOLE)

    async def owed(self) -> Sequence[str]:
        """The ids of those that go on or whose end is not told yet, oldest first."""
        statement = (
            select(Training.id)
            .where(Training.answered_at.is_(None), Training.state != TrainingState.PAUSED)
            .order_by(Training.created_at)
        )
        return (await self._session.scalars(statement)).all()

    async def of_user(self, user_id: int, limit: int = 25) -> Sequence[Training]:
        """The latest of a user, newest first, whole."""
        statement = (
            select(Training)
            .where(Training.user_id == user_id, Training.state != TrainingState.CANCELLED)
            .order_by(Training.created_at.desc())
            .limit(limit)
            .options(*WHOLE)
        )
        return (await self._session.scalars(statement)).all()

    async def ended_before(self, moment: datetime, ids: Collection[str]) -> Sequence[str]:
        """Which of these ended before that moment, and whose users know it."""
        statement = select(Training.id).where(
            Training.id.in_(ids), Training.ended_at < moment, Training.answered_at.is_not(None)
        )
        return (await self._session.scalars(statement)).all()

    async def in_thread(self, thread_id: int, guild_id: int | None) -> Training | None:
        """The training that this thread of a guild is about.

        Somebody's direct messages are no thread, even where a training had to be told of there.
        """
        statement = select(Training).where(
            or_(Training.thread_id == thread_id, Training.preview_id == thread_id),
            Training.guild_id == guild_id,
        )
        return (await self._session.scalars(statement)).first()

    async def count(self, user_id: int, states: Iterable[TrainingState]) -> int:
        """How many of a user's are in one of these states."""
        statement = select(func.count()).where(
            Training.user_id == user_id, Training.state.in_(tuple(states))
        )
        return await self._session.scalar(statement) or 0


class TrainingChanges:
    """What can be done to trainings. A state only changes from one that allows it, or not at all.

    Each says whether it did.
    """

    def __init__(self, session: WriteSession) -> None:
        self._session = session

    async def add(self, training: Training) -> None:
        """A new training, with its pictures."""
        self._session.add(training)
        await self._session.flush()

    async def lock(self, training_id: str) -> Training | None:
        """The training as it is now, which stays so until the unit of work ends."""
        return await self._session.get(Training, training_id, with_for_update=True)

    async def put_back(self) -> None:
        """No worker has any: those that had one died with an earlier process."""
        await self._session.execute(
            update(Training)
            .where(Training.state == TrainingState.RUNNING)
            .values(state=TrainingState.ACCEPTED)
            .execution_options(synchronize_session=False)
        )

    async def place(
        self, training_id: str, thread_id: int | None, message_id: int, is_direct: bool
    ) -> None:
        """Where it is talked about."""
        place = {"thread_id": thread_id, "message_id": message_id, "is_direct": is_direct}
        await self._move(training_id, TrainingState, **place)

    async def begin(self, training_id: str, request: Mapping[str, Any]) -> bool:
        """A worker has it; from now on it goes on as this request says."""
        return await self._move(
            training_id,
            UNDER_WAY,
            state=TrainingState.RUNNING,
            request=dict(request),
            started_at=func.coalesce(Training.started_at, datetime.now(UTC)),
        )

    async def reach(self, training_id: str, num_done: int, in_round: int) -> bool:
        """It has taken so many steps of a round."""
        return await self._move(training_id, UNFINISHED, in_round, num_done=num_done)

    async def tell_verdict(self, training_id: str, verdict: str | None) -> None:
        """The watch's word was posted; none: there is no trouble any more."""
        await self._move(training_id, TrainingState, told_verdict=verdict)

    async def picture(self, training_id: str, pictured: Mapping[str, Any]) -> None:
        """The picture files that show it now."""
        await self._move(training_id, TrainingState, pictured=dict(pictured))

    async def forget_pictures(self, ended_before: datetime | None) -> None:
        """What showed those trainings that ended by then, or were discarded, is needed no more.

        None: of what ended otherwise than discarded, all of it is.
        """
        is_over = Training.state == TrainingState.CANCELLED
        if ended_before:
            is_over |= Training.state.in_(ENDED) & (Training.ended_at < ended_before)
        await self._session.execute(
            update(Training)
            .where(is_over, Training.answered_at.is_not(None))
            .values(pictured={})
            .execution_options(synchronize_session=False)
        )

    async def pause(self, training_id: str, num_done: int) -> bool:
        """It holds no device until somebody resumes it."""
        return await self._move(
            training_id, UNDER_WAY, state=TrainingState.PAUSED, num_done=num_done
        )

    async def go_on(self, training_id: str) -> bool:
        """It waits for a device again."""
        return await self._move(training_id, [TrainingState.PAUSED], state=TrainingState.ACCEPTED)

    async def shorten(self, training_id: str, request: Mapping[str, Any]) -> bool:
        """It ends where this request says, with what there is."""
        return await self._move(
            training_id, UNFINISHED, state=TrainingState.ACCEPTED, request=dict(request)
        )

    async def take_up(self, training: Training, request: Mapping[str, Any], num_done: int) -> bool:
        """It goes on as this request says, from an earlier step; later snapshots are void."""
        moved = await self._move(
            training.id,
            [*UNFINISHED, *ENDED],
            state=TrainingState.ACCEPTED,
            request=dict(request),
            num_done=num_done,
            sentence=None,
            told_verdict=None,
            round=Training.round + 1,
            ended_at=None,
            answered_at=None,
        )
        if moved:
            await self._session.execute(
                delete(KeptSnapshot).where(
                    KeptSnapshot.training_id == training.id, KeptSnapshot.num_steps > num_done
                )
            )
        return moved

    async def keep(self, training_id: str, artifact_id: str, num_done: int, in_round: int) -> bool:
        """What came of a round is kept, unless it was taken up again since."""
        return await self._move(
            training_id,
            UNFINISHED,
            in_round,
            state=TrainingState.DONE,
            artifact_id=artifact_id,
            num_done=num_done,
            ended_at=datetime.now(UTC),
        )

    async def publish(self, training_id: str, artifact_id: str) -> bool:
        """One of its snapshots is what came of it."""
        return await self._move(training_id, TrainingState, artifact_id=artifact_id)

    async def cancel(self, training_id: str, sentence: str) -> bool:
        """It was discarded; nothing of it is kept."""
        done = await self._move(
            training_id,
            [*UNFINISHED, TrainingState.FAILED],
            state=TrainingState.CANCELLED,
            sentence=sentence,
            ended_at=datetime.now(UTC),
            answered_at=None,
        )
        if done:
            await self._session.execute(
                delete(KeptSnapshot).where(KeptSnapshot.training_id == training_id)
            )
        return done

    async def fail(self, training_id: str, sentence: str, in_round: int) -> bool:
        """The same of a round that ended without anything, or of which nobody can be told."""
        return await self._move(
            training_id,
            UNFINISHED,
            in_round,
            state=TrainingState.FAILED,
            sentence=sentence,
            ended_at=datetime.now(UTC),
        )

    async def answer(self, training_id: str) -> None:
        """Its user has been told of its end, or cannot be reached."""
        await self._move(
            training_id, [*ENDED, TrainingState.CANCELLED], answered_at=datetime.now(UTC)
        )

    async def add_snapshot(self, training_id: str, num_steps: int, path: str) -> None:
        """What was learned by a step is there."""
        await self._session.merge(
            KeptSnapshot(
                training_id=training_id,
                num_steps=num_steps,
                path=path,
                is_best=False,
                created_at=datetime.now(UTC),
            )
        )

    async def judge(self, training_id: str, num_steps: int, verdict: str, is_best: bool) -> None:
        """What the watch says of a snapshot; of all, one is the best."""
        of_it = KeptSnapshot.training_id == training_id
        if is_best:
            await self._session.execute(update(KeptSnapshot).where(of_it).values(is_best=False))
        await self._session.execute(
            update(KeptSnapshot)
            .where(of_it, KeptSnapshot.num_steps == num_steps)
            .values(verdict=verdict, is_best=is_best)
            .execution_options(synchronize_session=False)
        )

    async def _move(
        self,
        training_id: str,
        allowed: Iterable[TrainingState],
        in_round: int | None = None,
        **values: Any,
    ) -> bool:
        it = [Training.id == training_id, Training.state.in_(tuple(allowed))]
        if in_round is not None:
            it.append(Training.round == in_round)
        result = await self._session.execute(
            update(Training)
            .where(*it)
            .values(**values)
            .returning(Training.id)
            .execution_options(synchronize_session=False)
        )
        return result.first() is not None
