"""Where jobs stand in the line: what the database owes, and what the pipeline says of it.

Nothing is changed here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.jobs.generation import Pipeline
from bot.records.database import Database, uninterrupted
from bot.records.jobs import Jobs
from bot.records.models import Job
from pipeline import GenerationProgress, TrainingProgress, Waiting


@dataclass(frozen=True, slots=True)
class Standing:
    """One job that has no pictures yet, and how far it is."""

    job: Job
    news: GenerationProgress | Waiting | None  # None: it comes into the line, or leaves it, now


@dataclass(frozen=True, slots=True)
class Line:
    """The line as one user sees it."""

    mine: Sequence[Standing]  # what is worked on first, then by place
    num_others_running: int
    num_others_waiting: int


class Standings:
    """Looks up where jobs stand."""

    def __init__(self, database: Database, pipeline: Pipeline) -> None:
        self._database = database
        self._pipeline = pipeline

    @uninterrupted
    async def line(self, user_id: int) -> Line:
        """The line as this user sees it."""
        async with self._database.reading() as session:
            jobs = {job.id: job for job in await Jobs(session).waiting_of(user_id)}
        outlook = self._pipeline.outlook()
        mine = [
            Standing(jobs.pop(it.request_id), it)
            for it in outlook
            if not isinstance(it, TrainingProgress) and it.request_id in jobs
        ]
        known = {standing.job.id for standing in mine}
        others = [isinstance(it, Waiting) for it in outlook if it.request_id not in known]
        return Line(
            mine=[*mine, *(Standing(job, None) for job in jobs.values())],
            num_others_running=others.count(False),
            num_others_waiting=others.count(True),
        )
