"""What the picture files are needed for: named queries and nothing else."""

import json
import re
from collections.abc import Iterable
from typing import Any

from sqlalchemy import or_, select

from bot.records.database import ReadSession
from bot.records.models import (
    Draft,
    Job,
    LearnedPicture,
    StoredArtifact,
    StoredImage,
    Training,
    TrainingState,
)

HASH = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
HASH_LENGTH = 64


class PictureUses:
    """What can be asked about them, all by the hashes of their files."""

    def __init__(self, session: ReadSession) -> None:
        self._session = session

    async def made(self, prefix: str) -> set[str]:
        """Of those that begin so, all that were ever generated."""
        # A range, not LIKE: the index answers it.
        first, last = (prefix.ljust(HASH_LENGTH, digit) for digit in "0f")
        statement = select(StoredImage.file_hash).where(StoredImage.file_hash.between(first, last))
        return set(await self._session.scalars(statement))

    async def others(self) -> set[str]:
        """All that anything else needs: jobs, trainings, drafts, and what was learned."""
        # Of what is discarded nothing stays; whoever asked for it knows that.
        is_wanted = or_(Training.state != TrainingState.CANCELLED, Training.answered_at.is_(None))
        named = (
            select(Job.init_hash).where(Job.init_hash.is_not(None)),
            select(Job.mask_hash).where(Job.mask_hash.is_not(None)),
            select(StoredArtifact.preview_hash).where(StoredArtifact.preview_hash.is_not(None)),
            select(LearnedPicture.file_hash)
            .join(Training, Training.id == LearnedPicture.training_id)
            .where(is_wanted),
        )
        found: set[str] = set()
        for statement in named:
            found |= set(await self._session.scalars(statement))
        for bodies in (select(Draft.body), select(Training.pictured)):
            found |= _hashes_in(await self._session.scalars(bodies))
        return found


def _hashes_in(values: Iterable[Any]) -> set[str]:
    """Whatever may be a hash in them; better one file too many than one too few."""
    return {found for value in values for found in HASH.findall(json.dumps(value))}
