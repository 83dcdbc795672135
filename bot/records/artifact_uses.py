"""Which jobs were taken on with which artifacts: named queries and nothing else."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from sqlalchemy import literal, select, update

from bot.records.database import ReadSession, WriteSession
from bot.records.jobs import WAITING
from bot.records.models import ArtifactUse, Job, StoredArtifact


class ArtifactUses:
    """What can be asked about uses."""

    def __init__(self, session: ReadSession) -> None:
        self._session = session

    async def of_job(self, job_id: str) -> Sequence[ArtifactUse]:
        """All that one job was taken on with."""
        statement = select(ArtifactUse).where(ArtifactUse.job_id == job_id)
        return (await self._session.scalars(statement)).all()

    async def last_of(self, user_id: int, called_keys: Collection[str]) -> Sequence[ArtifactUse]:
        """What somebody called by these names, newest first."""
        statement = (
            select(ArtifactUse)
            .join(Job, Job.id == ArtifactUse.job_id)
            .where(Job.user_id == user_id, ArtifactUse.called_key.in_(called_keys))
            .order_by(Job.created_at.desc())
        )
        return (await self._session.scalars(statement)).all()

    async def called_within(self, user_id: int, text: str) -> Sequence[str]:
        """What somebody called embeddings by that stands somewhere in a casefolded text."""
        statement = (
            select(ArtifactUse.called_key)
            .join(Job, Job.id == ArtifactUse.job_id)
            .where(
                Job.user_id == user_id,
                ArtifactUse.kind == "embedding",
                literal(text).contains(ArtifactUse.called_key),
            )
            .distinct()
        )
        return (await self._session.scalars(statement)).all()

    async def needed_hashes(self) -> set[str]:
        """Of all files that an artifact is, or that a job waits for."""
        held = (
            select(ArtifactUse.file_hash)
            .join(Job, Job.id == ArtifactUse.job_id)
            .where(Job.state.in_(WAITING))
        )
        kept = select(StoredArtifact.file_hash)
        return set(await self._session.scalars(kept.union(held)))


class ArtifactUseChanges:
    """What can be done to uses."""

    def __init__(self, session: WriteSession) -> None:
        self._session = session

    async def add(self, use: ArtifactUse) -> None:
        """What a new job is taken on with; the same thing under one name is written down once."""
        await self._session.merge(use)

    async def tell(self, user_id: int, artifact_id: str) -> None:
        """Somebody was told that they may not use it any more."""
        theirs = select(Job.id).where(Job.user_id == user_id)
        await self._session.execute(
            update(ArtifactUse)
            .where(
                ArtifactUse.artifact_id == artifact_id,
                ArtifactUse.job_id.in_(theirs),
                ArtifactUse.told_at.is_(None),
            )
            .values(told_at=datetime.now(UTC))
            .execution_options(synchronize_session=False)
        )
