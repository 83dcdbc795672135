"""Pictures that were made before, found again."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from bot.records.database import Database, uninterrupted
from bot.records.files import PictureFiles
from bot.records.images import Images, Wanted
from bot.records.models import Job, StoredImage

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """Some of the pictures that somebody looked for, newest first."""

    images: Sequence[StoredImage]
    offset: int
    num_found: int


class History:
    """Looks for pictures."""

    def __init__(self, database: Database, files: PictureFiles) -> None:
        self._database = database
        self._files = files

    @uninterrupted
    async def find(self, wanted: Wanted, offset: int, limit: int) -> Found:
        """At most `limit` pictures; the last ones where there are fewer than `offset`."""
        async with self._database.reading() as session:
            images = Images(session)
            num_found = await images.count(wanted)
            offset = min(offset, max(0, num_found - 1) // limit * limit)
            return Found(await images.some(wanted, offset, limit), offset, num_found)

    @uninterrupted
    async def find_job(self, job_id: str, user_id: int, guild_id: int | None) -> Job | None:
        """The pictures of the job whose id begins so; a user's own, or made in that guild."""
        async with self._database.reading() as session:
            return await Images(session).shown(job_id, user_id, guild_id)

    async def load(self, images: Sequence[StoredImage]) -> list[bytes | None]:
        """Their PNG files; None where one is lost."""
        return [await self._load(image) for image in images]

    async def _load(self, image: StoredImage) -> bytes | None:
        try:
            return await self._files.load(image.file_hash)
        except FileNotFoundError:
            logger.warning("picture %d of job %s: its file is gone", image.index, image.job_id)
            return None
