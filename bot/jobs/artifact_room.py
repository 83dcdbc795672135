"""How much of what was learned one user keeps, and whether more may be kept beside it."""

from collections.abc import Collection
from dataclasses import dataclass

from bot.config import LimitsConfig
from bot.errors import Refusal
from bot.jobs.limits import allowance
from bot.records.artifacts import ArtifactQueries
from bot.records.database import Database, ReadSession, uninterrupted
from bot.records.models import Training

MEGABYTE = 10**6


@dataclass(frozen=True, slots=True)
class Room:
    """What one user keeps, and the most that they may, in MB; that may be infinite."""

    stored: float
    most: float

    @property
    def is_overfull(self) -> bool:
        """Whether they keep more than they may: what a training came to is kept all the same."""
        return self.stored > self.most

    def check(self, num_bytes: int = 0, refusal: str = "artifact.too_much") -> None:
        """Raise `Refusal` where nothing more may be kept, or not so many bytes."""
        stored, most = f"{self.stored:,.1f}", f"{self.most:,g}"
        if self.is_overfull:
            raise Refusal("artifact.overfull", stored=stored, max_stored=most)
        size = num_bytes / MEGABYTE
        if self.stored + size > self.most:
            raise Refusal(refusal, stored=stored, max_stored=most, size=f"{size:,.1f}")


class Rooms:
    """What every user keeps, and may keep."""

    def __init__(self, database: Database, limits: LimitsConfig) -> None:
        self._database = database
        self._limits = limits

    def most(self, roles: Collection[str]) -> float:
        """MB that somebody with these roles may keep; infinite where there is no limit."""
        return allowance(self._limits, roles).max_stored

    @uninterrupted
    async def of(self, owner_id: int, most: float) -> Room:
        """What somebody keeps who may keep so many MB."""
        async with self._database.reading() as session:
            return await room_of(session, owner_id, most)

    @uninterrupted
    async def check_result(
        self,
        training: Training,
        roles: Collection[str],
        num_bytes: int = 0,
        *,
        is_picked: bool = False,
    ) -> None:
        """Raise `Refusal` where what a training comes to, or is picked of it, may not be kept.

        What it replaces took as much.
        """
        owner_id, card = training.user_id, {"training": training.id, "is_picked": is_picked}
        async with self._database.reading() as session:
            if not await ArtifactQueries(session).replaced_by(owner_id, card):
                (await room_of(session, owner_id, self.most(roles))).check(num_bytes)


async def room_of(session: ReadSession, owner_id: int, most: float) -> Room:
    """The same within a unit of work."""
    return Room(await ArtifactQueries(session).num_bytes_of(owner_id) / MEGABYTE, most)
