"""The tables of people, jobs and pictures.

They know nothing of Discord's objects, only the ids by which it calls things.
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Enum,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    MetaData,
    String,
    Text,
    TypeDecorator,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

JOB_ID_LENGTH = 24  # characters; Discord takes nonces of up to 25

# Ids that Discord gives out: 64 bits, never counted up by us.
Snowflake = Annotated[int, mapped_column(BigInteger)]


class JobState(StrEnum):
    """How far a job is."""

    ACCEPTED = "accepted"
    """Its user may be told so; nothing has been computed."""
    RUNNING = "running"
    """A worker has it; after a restart it begins anew."""
    MADE = "made"
    """Its pictures are stored; they may have been posted or not."""
    DELIVERED = "delivered"
    """Its pictures are posted."""
    CANCELLED = "cancelled"
    """Its user withdrew it."""
    FAILED = "failed"
    """There will be no pictures; `sentence` says why."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, stored in UTC and read with its time zone, which SQLite forgets."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


class Record(DeclarativeBase):
    """What all tables share."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime,
        dict[str, Any]: JSON,
        JobState: Enum(
            JobState,
            native_enum=False,
            length=16,
            values_callable=lambda states: [state.value for state in states],
        ),
    }


class User(Record):
    """Somebody who has asked for something."""

    __tablename__ = "users"

    id: Mapped[Snowflake] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime]


class Guild(Record):
    """A Discord server where somebody has asked for something."""

    __tablename__ = "guilds"

    id: Mapped[Snowflake] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime]


class UserDefaults(Record):
    """What somebody wants wherever they say nothing else."""

    __tablename__ = "user_defaults"

    user_id: Mapped[Snowflake] = mapped_column(ForeignKey("users.id"), primary_key=True)
    options: Mapped[dict[str, Any]]
    """By the names of `/imagine`'s options."""


class GuildDefaults(Record):
    """What holds in a Discord server for whoever says nothing else."""

    __tablename__ = "guild_defaults"

    guild_id: Mapped[Snowflake] = mapped_column(ForeignKey("guilds.id"), primary_key=True)
    options: Mapped[dict[str, Any]]


class Job(Record):
    """One request from acceptance to delivery, and where to answer it."""

    __tablename__ = "jobs"
    __table_args__ = (
        Index(None, "user_id", "state"),
        Index(None, "answered_at", "created_at"),
        Index(None, "user_id", "created_at"),
        Index(None, "created_at"),
    )

    id: Mapped[str] = mapped_column(String(JOB_ID_LENGTH), primary_key=True)
    state: Mapped[JobState]
    request: Mapped[dict[str, Any]]
    sentence: Mapped[str | None] = mapped_column(Text)
    user_id: Mapped[Snowflake] = mapped_column(ForeignKey("users.id"))
    guild_id: Mapped[Snowflake | None] = mapped_column(ForeignKey("guilds.id"))
    channel_id: Mapped[Snowflake]
    placeholder_id: Mapped[Snowflake]
    """The message that waits in the channel for its pictures."""
    interaction_token: Mapped[str | None] = mapped_column(Text)
    """Edits the placeholder until it expires; forgotten with the answer. One that never had any
    answers a message, and its placeholder is edited as any message of ours is."""
    token_expires_at: Mapped[datetime]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    made_at: Mapped[datetime | None]
    file_limit: Mapped[int | None]
    """Bytes that one file of its answer may have, as Discord said when it was accepted."""
    init_hash: Mapped[str | None] = mapped_column(String(64))
    """SHA-256 of the picture file that it begins from; none where it begins from noise."""
    mask_hash: Mapped[str | None] = mapped_column(String(64))
    """SHA-256 of the file that says where that picture is painted anew; none: everywhere."""
    answered_at: Mapped[datetime | None]
    """When its user got the pictures or the sentence; until then the bot owes an answer."""

    user: Mapped[User] = relationship(lazy="raise")
    guild: Mapped[Guild | None] = relationship(lazy="raise")
    images: Mapped[list["StoredImage"]] = relationship(
        back_populates="job", lazy="raise", order_by="StoredImage.index"
    )
    derivation: Mapped["Derivation | None"] = relationship(
        foreign_keys="Derivation.job_id", lazy="raise"
    )
    """How it came about; none where somebody typed it."""


class StoredImage(Record):
    """One generated picture: what it was made from, its file, and where it was posted."""

    __tablename__ = "generated_images"

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seed: Mapped[int] = mapped_column(BigInteger)
    settings: Mapped[dict[str, Any]]
    infotext: Mapped[str] = mapped_column(Text)
    file_hash: Mapped[str] = mapped_column(String(64), index=True)
    """SHA-256 of the PNG, by which its file is named."""
    width: Mapped[int | None]
    """Pixels, as is the height; none of what was made before that was written down."""
    height: Mapped[int | None]
    channel_id: Mapped[Snowflake | None]
    message_id: Mapped[Snowflake | None] = mapped_column(index=True)
    created_at: Mapped[datetime]

    job: Mapped[Job] = relationship(back_populates="images", lazy="raise")

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        if self.width is None or self.height is None:
            return self.settings["width"], self.settings["height"]
        return self.width, self.height


class Derivation(Record):
    """How a job came from the pictures of an earlier one, by a button under them."""

    __tablename__ = "derivations"

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    parent_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), index=True)
    parent_index: Mapped[int | None]
    """Which of its parent's pictures it came from; none where it came from all of them."""
    action: Mapped[str] = mapped_column(String(16))
    sole_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    """What is made only once; given up where the job ends without pictures."""


class Draft(Record):
    """A wish that waits for its user's last word, before anything is computed."""

    __tablename__ = "drafts"

    id: Mapped[str] = mapped_column(String(JOB_ID_LENGTH), primary_key=True)
    """Also that of the job that comes of it, so that none comes twice."""
    user_id: Mapped[Snowflake]
    body: Mapped[dict[str, Any]]
    """What is wished so far; `bot.intake.drafts` reads it."""
    created_at: Mapped[datetime] = mapped_column(index=True)


class Favourite(Record):
    """A picture that somebody wants to find again."""

    __tablename__ = "favourites"
    __table_args__ = (
        ForeignKeyConstraint(
            ["job_id", "index"], ["generated_images.job_id", "generated_images.index"]
        ),
        Index(None, "job_id", "index"),
    )

    user_id: Mapped[Snowflake] = mapped_column(ForeignKey("users.id"), primary_key=True)
    job_id: Mapped[str] = mapped_column(String(JOB_ID_LENGTH), primary_key=True)
    index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    created_at: Mapped[datetime]
