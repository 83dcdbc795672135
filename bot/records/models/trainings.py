"""The tables of trainings: from what was accepted to what came of it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Double, Enum, ForeignKey, Index, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.records.models.jobs import JOB_ID_LENGTH, Guild, Record, Snowflake, User


class TrainingState(StrEnum):
    """How far a training is."""

    ACCEPTED = "accepted"
    """It waits for a device; after a restart, or once it is resumed, again."""
    RUNNING = "running"
    """A worker has it; after a restart it goes on from its last snapshot."""
    PAUSED = "paused"
    """It waits for somebody to resume it, and holds no device."""
    DONE = "done"
    """Its artifact is kept."""
    CANCELLED = "cancelled"
    """It was discarded."""
    FAILED = "failed"
    """It ended without an artifact; `sentence` says why."""


STATES = Enum(
    TrainingState,
    native_enum=False,
    length=16,
    values_callable=lambda states: [state.value for state in states],
)


class Training(Record):
    """One training, and where it is talked about."""

    __tablename__ = "trainings"
    __table_args__ = (
        Index(None, "user_id", "state"),
        Index(None, "answered_at", "created_at"),
    )

    id: Mapped[str] = mapped_column(String(JOB_ID_LENGTH), primary_key=True)
    """Also that of its request, and so the name of its run's folder."""
    state: Mapped[TrainingState] = mapped_column(STATES)
    request: Mapped[dict[str, Any]]
    """All but its pictures."""
    sentence: Mapped[str | None] = mapped_column(Text)
    user_id: Mapped[Snowflake] = mapped_column(ForeignKey("users.id"))
    guild_id: Mapped[Snowflake | None] = mapped_column(ForeignKey("guilds.id"))
    channel_id: Mapped[Snowflake]
    """Where it was asked for."""
    preview_id: Mapped[Snowflake | None] = mapped_column(index=True)
    """The message it was confirmed on, where a thread can hang from that, with the same id."""
    thread_id: Mapped[Snowflake | None] = mapped_column(index=True)
    """Where it is talked about; none: in the channel itself."""
    is_direct: Mapped[bool] = mapped_column(server_default=false())
    """Whether that is no thread but its user's direct messages, which had to do for one."""
    message_id: Mapped[Snowflake | None]
    """The message that shows how far it is."""
    file_limit: Mapped[int | None]
    """Bytes that one file may have, as Discord said when it was accepted."""
    max_stored: Mapped[float | None] = mapped_column(Double)
    """MB that its user may keep, as their roles said when it was accepted; none: any."""
    num_done: Mapped[int]
    """Steps, as far as anybody was told."""
    artifact_id: Mapped[str | None] = mapped_column(String(JOB_ID_LENGTH))
    """What came of it; it may have been deleted since."""
    round: Mapped[int]
    """How often it was taken up again after an end; each round has an end of its own."""
    told_verdict: Mapped[str | None] = mapped_column(String(16))
    """What the watch said last of what was posted; each trouble is told once."""
    pictured: Mapped[dict[str, Any]]
    """SHA-256 of the picture files that show it: `before` and `samples`, a list each; `plot`."""
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    """When its user was told of its end; until then the bot owes an answer."""

    user: Mapped[User] = relationship(lazy="raise")
    guild: Mapped[Guild | None] = relationship(lazy="raise")
    pictures: Mapped[list["LearnedPicture"]] = relationship(
        lazy="raise", order_by="LearnedPicture.index"
    )
    snapshots: Mapped[list["KeptSnapshot"]] = relationship(
        lazy="raise", order_by="KeptSnapshot.num_steps"
    )


class LearnedPicture(Record):
    """One of the pictures that a training learns from."""

    __tablename__ = "training_pictures"

    training_id: Mapped[str] = mapped_column(ForeignKey("trainings.id"), primary_key=True)
    index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    file_hash: Mapped[str] = mapped_column(String(64))
    caption: Mapped[str] = mapped_column(Text)


class KeptSnapshot(Record):
    """A training as it was at one step, to be taken up again or published."""

    __tablename__ = "training_snapshots"

    training_id: Mapped[str] = mapped_column(ForeignKey("trainings.id"), primary_key=True)
    num_steps: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    path: Mapped[str] = mapped_column(Text)
    """What was learned by then, as a file or folder."""
    verdict: Mapped[str | None] = mapped_column(String(16))
    """What the watch said then."""
    is_best: Mapped[bool]
    created_at: Mapped[datetime]
