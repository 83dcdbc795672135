"""What is counted of trainings, and measured: named queries and nothing else."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select

from bot.records.database import ReadSession
from bot.records.models import StoredArtifact, Training, TrainingState

NUM_COMPARED = 20  # of the latest trainings; older ones had other settings, or much the same
NUM_MEASURED = 5  # of the latest trainings; those of long ago say little of today's device
WAITING = (TrainingState.ACCEPTED, TrainingState.RUNNING)
HELD_BACK = (TrainingState.ACCEPTED, TrainingState.PAUSED)


class TrainingFigures:
    """What can be asked."""

    def __init__(self, session: ReadSession) -> None:
        self._session = session

    async def is_known(self, training_id: str) -> bool:
        """Whether there is a training of that id, whatever became of it."""
        return await self._session.get(Training, training_id) is not None

    async def num_waiting(self, user_id: int) -> int:
        """How many of a user's trainings wait: for a device, or paused for their user."""
        of_user = (Training.user_id == user_id, Training.state.in_(HELD_BACK))
        return await self._session.scalar(select(func.count()).where(*of_user)) or 0

    async def num_before(self) -> int:
        """How many trainings come before one that is accepted now, those that go on included."""
        under_way = select(func.count()).where(Training.state.in_(WAITING))
        return await self._session.scalar(under_way) or 0

    async def seconds_per_step(self, method: str, model: str) -> float | None:
        """Of this method with this model, the best of the latest; None: there were none.

        The best, as any of them may have been paused for a while.
        """
        statement = (
            select(Training.started_at, Training.ended_at, Training.num_done)
            .where(
                Training.state == TrainingState.DONE,
                Training.num_done > 0,
                Training.request["model"].as_string() == model,
                Training.request["method"]["kind"].as_string() == method,
            )
            .order_by(Training.ended_at.desc())
            .limit(NUM_MEASURED)
        )
        rows = (await self._session.execute(statement)).all()
        paces = [
            (ended - began).total_seconds() / steps
            for began, ended, steps in rows
            if began and ended
        ]
        return min(paces, default=None)

    async def num_bytes_of_last(self, method: Mapping[str, Any], model: str) -> int | None:
        """What the latest training with these settings and this model came to, as it is kept."""
        statement = (
            select(Training.request["method"], StoredArtifact.num_bytes)
            .join(StoredArtifact, StoredArtifact.id == Training.artifact_id)
            .where(
                Training.request["model"].as_string() == model,
                Training.request["method"]["kind"].as_string() == method["kind"],
            )
            .order_by(Training.ended_at.desc())
            .limit(NUM_COMPARED)
        )
        rows = (await self._session.execute(statement)).all()
        return next((num_bytes for settings, num_bytes in rows if settings == method), None)

    async def names_of(self, user_id: int, but_for: str) -> Sequence[str]:
        """What a user is having made, by its names; a training of the id `but_for` left out."""
        statement = select(Training.request["name"].as_string()).where(
            Training.user_id == user_id,
            Training.id != but_for,
            Training.state.in_((*WAITING, TrainingState.PAUSED)),
        )
        return (await self._session.scalars(statement)).all()
