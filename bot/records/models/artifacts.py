"""The tables of what was learned, and of who may use it."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.records.models.jobs import JOB_ID_LENGTH, Guild, Record, Snowflake, User


class StoredArtifact(Record):
    """Something that was learned or brought along: its owner, its file, and what it fits."""

    __tablename__ = "artifacts"
    __table_args__ = (UniqueConstraint("owner_id", "name_key"),)

    id: Mapped[str] = mapped_column(String(JOB_ID_LENGTH), primary_key=True)
    owner_id: Mapped[Snowflake] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(String(64))
    name_key: Mapped[str] = mapped_column(String(64), index=True)
    """The name as it is compared: casefolded."""
    kind: Mapped[str] = mapped_column(String(16))
    """One of `pipeline.ArtifactKind`."""
    file_hash: Mapped[str] = mapped_column(String(64), index=True)
    """SHA-256 of its file, by which that is named; of a folder, of all names and hashes in it."""
    suffix: Mapped[str] = mapped_column(String(16))
    """The ending of its file; empty: it is a folder."""
    num_bytes: Mapped[int] = mapped_column(BigInteger)
    family: Mapped[str | None] = mapped_column(String(16))
    """Of the models that it fits: sd1, sd2, sdxl; none: nobody can tell."""
    width: Mapped[int | None]
    """Numbers that a token has in those models, of what is aesthetic a picture; none: as above."""
    base: Mapped[str | None] = mapped_column(String(100))
    """The model in config that it was made from or with."""
    card: Mapped[dict[str, Any]]
    """What else is known of it: vectors, rank, steps."""
    preview_hash: Mapped[str | None] = mapped_column(String(64))
    """SHA-256 of a picture file that shows what it does."""
    is_public: Mapped[bool]
    """Whether everybody may use it."""
    share_code: Mapped[str | None] = mapped_column(String(16), unique=True)
    """Whoever pastes this may use it; none: nobody by a code."""
    created_at: Mapped[datetime]

    owner: Mapped[User] = relationship(lazy="raise")
    guild_shares: Mapped[list["GuildShare"]] = relationship(
        lazy="raise", cascade="all, delete-orphan"
    )


class GuildShare(Record):
    """A Discord server whose members may use an artifact."""

    __tablename__ = "artifact_guilds"

    artifact_id: Mapped[str] = mapped_column(ForeignKey("artifacts.id"), primary_key=True)
    guild_id: Mapped[Snowflake] = mapped_column(
        ForeignKey("guilds.id"), primary_key=True, index=True
    )
    created_at: Mapped[datetime]

    guild: Mapped[Guild] = relationship(lazy="raise")


class CodeGrant(Record):
    """Somebody who has pasted an artifact's code; it ends with the code."""

    __tablename__ = "artifact_grants"

    artifact_id: Mapped[str] = mapped_column(ForeignKey("artifacts.id"), primary_key=True)
    user_id: Mapped[Snowflake] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)
    created_at: Mapped[datetime]


class ArtifactUse(Record):
    """An artifact that a job was taken on with, under the name that its prompt calls it by.

    It outlives the artifact: the job finishes, and whoever names it again is told.
    """

    __tablename__ = "artifact_uses"

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    called_key: Mapped[str] = mapped_column(String(200), primary_key=True, index=True)
    """What the prompt calls it, casefolded: its name, or its owner's and its own."""
    artifact_id: Mapped[str] = mapped_column(String(JOB_ID_LENGTH), index=True)
    file_hash: Mapped[str] = mapped_column(String(64), index=True)
    label: Mapped[str] = mapped_column(String(200))
    """Its owner's name and its own, as they were then."""
    told_at: Mapped[datetime | None]
    """When the job's user was told that they may not use it any more."""
