"""Pictures that nothing needs any more are deleted: those of drafts that nobody came back to, of
trainings that ended long ago or were discarded, and what a killed process had just stored.

First the records forget, then files go that nothing in them names: killed in between, the next
sweep takes up where this one ended. What was stored within a day stays, as its row may be on its
way; so does what was there before the records began, which may be others'.
"""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

from bot.errors import RecordsUnavailable
from bot.intake.drafts import FORGOTTEN_AFTER
from bot.records.database import Database, uninterrupted
from bot.records.drafts import DraftChanges
from bot.records.files import PictureFiles
from bot.records.people import records_began
from bot.records.picture_uses import PictureUses
from bot.records.trainings import TrainingChanges

logger = logging.getLogger(__name__)

GRACE = timedelta(days=1)  # in which whatever needs a picture that was stored is written down
FIRST = 60.0  # seconds after the start, which has other things to do
EVERY = 24 * 60 * 60.0  # seconds
PREFIXES = [f"{number:02x}" for number in range(256)]  # of hashes, as the files lie in folders


class PictureSweep:
    """Sweeps, again and again."""

    def __init__(self, database: Database, files: PictureFiles, kept_days: float) -> None:
        """`kept_days` is how long what shows a training stays after its end; 0: for ever."""
        self._database = database
        self._files = files
        self._kept = timedelta(days=kept_days) if kept_days else None
        self._sweeping: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Sweep once a day from now on."""
        self._sweeping = asyncio.create_task(self._go_on(), name="sweeping pictures")

    async def close(self) -> None:
        """Sweep no more."""
        if self._sweeping:
            self._sweeping.cancel()
            await asyncio.wait({self._sweeping})

    async def _go_on(self) -> None:
        await asyncio.sleep(FIRST)
        while True:
            try:
                await self.sweep()
            except (RecordsUnavailable, OSError) as error:
                logger.warning("pictures: not swept, again in a day: %r", error)
            except Exception:
                # A mistake of ours must not let the disk fill up in silence from then on.
                logger.exception("pictures: not swept, again in a day")
            await asyncio.sleep(EVERY)

    async def sweep(self) -> int:
        """Delete all that nothing needs; returns how many pictures that were."""
        now = datetime.now(UTC)
        await self._forget(now)
        began, needed = await self._needed()
        num_gone = 0
        if began:
            for prefix in PREFIXES:
                num_gone += await self._sweep(prefix, began, now - GRACE, needed)
            await self._files.clear(now - GRACE)
        if num_gone:
            logger.info("pictures: %d that nothing needs are deleted", num_gone)
        return num_gone

    async def _sweep(self, prefix: str, began: datetime, before: datetime, needed: set[str]) -> int:
        old = await self._files.stored_between(prefix, began, before) - needed
        if not old:
            return 0
        return await self._files.delete(old - await self._made(prefix), before)

    @uninterrupted
    async def _forget(self, now: datetime) -> None:
        async with self._database.writing() as session:
            await DraftChanges(session).forget_before(now - FORGOTTEN_AFTER)
            ended_before = now - self._kept if self._kept else None
            await TrainingChanges(session).forget_pictures(ended_before)

    @uninterrupted
    async def _needed(self) -> tuple[datetime | None, set[str]]:
        async with self._database.reading() as session:
            uses = PictureUses(session)
            return await records_began(session), await uses.others()

    @uninterrupted
    async def _made(self, prefix: str) -> set[str]:
        async with self._database.reading() as session:
            return await PictureUses(session).made(prefix)
