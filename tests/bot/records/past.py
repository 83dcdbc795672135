"""What was asked for, made and posted before a test begins."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.records.database import Database
from bot.records.jobs import JobChanges
from bot.records.models import Job, JobState, StoredArtifact, StoredImage
from bot.records.people import People

ADA, BEN, WORKSHOP = 1, 2, 7
NOW = datetime.now(UTC)


async def add(
    database: Database,
    number: int,
    user_id: int = ADA,
    guild_id: int | None = WORKSHOP,
    **values: Any,
) -> str:
    """A job with one picture, which stands in a channel."""
    job_id = f"{number:08x}".ljust(24, "0")
    async with database.writing() as session:
        people = People(session)
        await people.meet_user(user_id, "somebody")
        if guild_id is not None:
            await people.meet_guild(guild_id, "a server")
        job = Job(
            id=job_id,
            user_id=user_id,
            guild_id=guild_id,
            channel_id=3,
            placeholder_id=4,
            token_expires_at=NOW,
            **{
                "state": JobState.DELIVERED,
                "request": {"model": "demo"},
                "created_at": NOW + timedelta(seconds=number),
            }
            | values,
        )
        await JobChanges(session).add(job)
        session.add(
            StoredImage(
                job_id=job_id,
                index=0,
                seed=number,
                settings={"prompt": f"circle {number}"},
                infotext="",
                file_hash="",
                channel_id=3,
                message_id=5,
                created_at=NOW,
            )
        )
    return job_id


def learned(owner_id: int, name: str, number: int = 0) -> StoredArtifact:
    """Something that somebody trained, as the records have it; its file is nowhere."""
    return StoredArtifact(
        id=f"{number:x}".rjust(24, "a"),
        owner_id=owner_id,
        name=name,
        name_key=name,
        kind="embedding",
        file_hash="0" * 64,
        suffix=".pt",
        num_bytes=1,
        card={},
        is_public=False,
        created_at=NOW + timedelta(seconds=number),
    )
