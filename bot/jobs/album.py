"""Pictures that are made already: what their buttons ask of them. Nothing is computed here."""

from collections.abc import Sequence

from bot.records.database import Database, uninterrupted
from bot.records.derivations import Derivations
from bot.records.favourites import FavouriteChanges
from bot.records.files import PictureFiles
from bot.records.images import Images
from bot.records.jobs import JobChanges
from bot.records.models import Job, StoredImage
from bot.records.people import People


class Album:
    """Every picture there is."""

    def __init__(self, database: Database, files: PictureFiles) -> None:
        self._database = database
        self._files = files

    async def load(self, image: StoredImage) -> bytes:
        """The picture's PNG."""
        return await self._files.load(image.file_hash)

    @uninterrupted
    async def standing_in(self, message_id: int) -> Sequence[StoredImage]:
        """The pictures that were posted in a message."""
        async with self._database.reading() as session:
            return await Images(session).standing_in(message_id)

    @uninterrupted
    async def sole(self, sole_key: str) -> Job | None:
        """The job, with its pictures, that made or is making what is made only once."""
        async with self._database.reading() as session:
            return await Derivations(session).sole(sole_key)

    @uninterrupted
    async def toggle_favourite(self, image: StoredImage, user_id: int, user_name: str) -> bool:
        """Take a picture among a user's favourites, or out of them; True where it is one now."""
        async with self._database.writing() as session:
            await People(session).meet_user(user_id, user_name)
            return await FavouriteChanges(session).toggle(user_id, image.job_id, image.index)

    @uninterrupted
    async def take_down(self, job: Job, message_id: int) -> None:
        """A message that a job's pictures stood in is deleted."""
        async with self._database.writing() as session:
            await JobChanges(session).take_down(job.id, message_id)
