"""How jobs came from one another in the database: named queries and nothing else."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.attributes import set_committed_value

from bot.records.database import ReadSession, WriteSession
from bot.records.models import Derivation, Job

Insert = Callable[[type[Derivation]], postgresql.Insert | sqlite.Insert]

INSERTS: dict[str, Insert] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


@dataclass(frozen=True, slots=True, kw_only=True)
class Descent:
    """Which earlier pictures a new job comes from, and by which button."""

    parent_id: str
    action: str
    parent_index: int | None = None
    sole_key: str | None = None


class Derivations:
    """What can be asked about where jobs came from."""

    def __init__(self, session: ReadSession) -> None:
        self._session = session

    async def sole(self, sole_key: str) -> Job | None:
        """The job, with its pictures, that made or is making what is made only once."""
        statement = (
            select(Job)
            .join(Derivation, Derivation.job_id == Job.id)
            .where(Derivation.sole_key == sole_key)
            .options(selectinload(Job.images))
        )
        found: Job | None = await self._session.scalar(statement)
        return found


class DerivationChanges:
    """What can be done about where jobs came from."""

    def __init__(self, session: WriteSession) -> None:
        self._session = session

    async def add(self, job: Job, descent: Descent) -> bool:
        """Where a new job comes from; False where it exists, or is being made, already.

        Of two who add the same at the same moment, the second waits for the first.
        """
        insert = INSERTS[self._session.get_bind().dialect.name]
        values = asdict(descent) | {"job_id": job.id}
        added = await self._session.scalar(
            insert(Derivation)
            .values(values)
            .on_conflict_do_nothing(index_elements=[Derivation.sole_key])
            .returning(Derivation.job_id)
        )
        if added is None:
            return False
        # Read by whoever follows the job, without asking for it.
        set_committed_value(job, "derivation", Derivation(**values))
        return True

    async def give_up_sole(self, job_id: str) -> None:
        """It ended without pictures: whoever asks for the same again gets it made."""
        await self._session.execute(
            update(Derivation)
            .where(Derivation.job_id == job_id)
            .values(sole_key=None)
            .execution_options(synchronize_session=False)
        )
