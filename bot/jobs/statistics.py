"""What the bot has done, is doing, and has done for one user."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.jobs.generation import Pipeline
from bot.records.counts import Counts
from bot.records.database import Database, uninterrupted
from pipeline import Waiting

RECENTLY = timedelta(days=7)
NUM_MODELS = 3  # that are named as the busiest


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """All of it, as one user sees it."""

    since: datetime  # that the bot has been up
    num_pictures: int
    num_users: int
    num_guilds: int
    busiest_models: Sequence[tuple[str, int]]  # names and requests, most first
    average_wait: float | None  # seconds until work begins; None where nothing was begun
    num_running: int
    num_waiting: int
    num_own_requests: int
    num_own_pictures: int
    num_own_favourites: int


class Statistics:
    """Counts, from when it was made."""

    def __init__(self, database: Database, pipeline: Pipeline) -> None:
        self._database = database
        self._pipeline = pipeline
        self._since = datetime.now(UTC)

    @uninterrupted
    async def of(self, user_id: int) -> Numbers:
        """All numbers for this user."""
        recently = datetime.now(UTC) - RECENTLY
        async with self._database.reading() as session:
            counts = Counts(session)
            pictures, users, guilds = await counts.everything()
            own_requests, own_pictures, own_favourites = await counts.of_user(user_id)
            busiest_models = await counts.busiest_models(recently, NUM_MODELS)
            average_wait = await counts.average_wait(recently)
        is_waiting = [isinstance(it, Waiting) for it in self._pipeline.outlook()]
        return Numbers(
            since=self._since,
            num_pictures=pictures,
            num_users=users,
            num_guilds=guilds,
            busiest_models=busiest_models,
            average_wait=average_wait,
            num_running=is_waiting.count(False),
            num_waiting=is_waiting.count(True),
            num_own_requests=own_requests,
            num_own_pictures=own_pictures,
            num_own_favourites=own_favourites,
        )
