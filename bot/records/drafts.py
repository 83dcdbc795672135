"""Drafts in the database: named queries and nothing else."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete

from bot.records.database import ReadSession, WriteSession
from bot.records.models import Draft


class Drafts:
    """What can be asked about drafts."""

    def __init__(self, session: ReadSession) -> None:
        self._session = session

    async def find(self, draft_id: str) -> Draft | None:
        """The draft of that id."""
        return await self._session.get(Draft, draft_id)


class DraftChanges:
    """What can be done to drafts."""

    def __init__(self, session: WriteSession) -> None:
        self._session = session

    async def keep(self, draft_id: str, user_id: int, body: dict[str, Any]) -> None:
        """A new draft, or what has become of an old one."""
        await self._session.merge(
            Draft(id=draft_id, user_id=user_id, body=body, created_at=datetime.now(UTC))
        )

    async def forget_before(self, moment: datetime) -> None:
        """Whatever nobody touched since then is given up."""
        await self._session.execute(delete(Draft).where(Draft.created_at < moment))
