"""What was learned, in the database: named queries and nothing else."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, func, literal, or_, select
from sqlalchemy.orm import joinedload, selectinload

from bot.records.database import ReadSession, WriteSession
from bot.records.models import CodeGrant, Guild, GuildShare, Job, StoredArtifact, User

WHOLE = (
    joinedload(StoredArtifact.owner),
    selectinload(StoredArtifact.guild_shares).joinedload(GuildShare.guild),
)


class ArtifactQueries:
    """What can be asked about artifacts; every one comes with its owner and its shares."""

    def __init__(self, session: ReadSession) -> None:
        self._session = session

    async def find(self, artifact_id: str) -> StoredArtifact | None:
        """The artifact of that id."""
        return await self._session.get(
            StoredArtifact, artifact_id, options=WHOLE, populate_existing=True
        )

    async def usable(self, user_id: int, guild_id: int | None) -> Sequence[StoredArtifact]:
        """All that somebody may use in a guild: their own, newest first, then the others'."""
        statement = (
            select(StoredArtifact)
            .where(_usable(user_id, guild_id))
            .order_by(
                StoredArtifact.owner_id != user_id,
                StoredArtifact.created_at.desc(),
                StoredArtifact.id,
            )
            .options(*WHOLE)
        )
        return (await self._session.scalars(statement)).all()

    async def usable_by_names(
        self,
        user_id: int,
        guild_id: int | None,
        name_keys: Collection[str],
        ids: Collection[str] = (),
    ) -> Sequence[StoredArtifact]:
        """Those of them that have one of these names, or ids, oldest first."""
        wanted = StoredArtifact.name_key.in_(name_keys) | StoredArtifact.id.in_(ids)
        statement = (
            select(StoredArtifact)
            .where(_usable(user_id, guild_id), wanted)
            .order_by(StoredArtifact.created_at, StoredArtifact.id)
            .options(*WHOLE)
        )
        return (await self._session.scalars(statement)).all()

    async def embeddings_within(
        self, user_id: int, guild_id: int | None, text: str
    ) -> Sequence[StoredArtifact]:
        """Those that are embeddings whose names stand somewhere in a casefolded text."""
        statement = (
            select(StoredArtifact)
            .where(
                _usable(user_id, guild_id),
                StoredArtifact.kind == "embedding",
                literal(text).contains(StoredArtifact.name_key),
            )
            .options(*WHOLE)
        )
        return (await self._session.scalars(statement)).all()

    async def find_usable(
        self, artifact_id: str, user_id: int, guild_id: int | None
    ) -> StoredArtifact | None:
        """The artifact of that id, if somebody may use it in a guild."""
        statement = _usable_one(artifact_id, user_id, guild_id)
        found: StoredArtifact | None = await self._session.scalar(statement)
        return found

    async def existing(self, ids: Collection[str]) -> set[str]:
        """Those of some ids that an artifact has, whoever may use it."""
        statement = select(StoredArtifact.id).where(StoredArtifact.id.in_(ids))
        return set(await self._session.scalars(statement))

    async def by_code(self, code: str) -> StoredArtifact | None:
        """The artifact that is shared by this code."""
        found: StoredArtifact | None = await self._session.scalar(
            select(StoredArtifact).where(StoredArtifact.share_code == code).options(*WHOLE)
        )
        return found

    async def replaced_by(self, owner_id: int, card: Mapping[str, Any]) -> StoredArtifact | None:
        """What a training of theirs made before, if what has this card takes its place.

        That is the newest of it; but what somebody picked is not given up for what their training
        comes to later.
        """
        training_id = card.get("training")
        if training_id is None:
            return None
        statement = (
            select(StoredArtifact)
            .where(
                StoredArtifact.owner_id == owner_id,
                StoredArtifact.card["training"].as_string() == training_id,
            )
            .order_by(StoredArtifact.created_at.desc())
        )
        is_picked = card.get("is_picked", False)
        made = await self._session.scalars(statement)
        return next((it for it in made if is_picked or not it.card.get("is_picked")), None)

    async def owners_named(self, names: Collection[str]) -> set[str]:
        """Those of some names, casefolded, that owners of artifacts bear."""
        name = func.lower(User.name)
        statement = select(name).where(
            name.in_(names), User.id.in_(select(StoredArtifact.owner_id))
        )
        return set(await self._session.scalars(statement))

    async def names_of(self, owner_id: int) -> set[str]:
        """The names that somebody's artifacts have, casefolded."""
        statement = select(StoredArtifact.name_key).where(StoredArtifact.owner_id == owner_id)
        return set(await self._session.scalars(statement))

    async def guilds_of(self, user_id: int) -> Sequence[Guild]:
        """Where somebody has asked for pictures, or shares something."""
        asked = select(Job.guild_id).where(Job.user_id == user_id)
        shared = (
            select(GuildShare.guild_id)
            .join(StoredArtifact, StoredArtifact.id == GuildShare.artifact_id)
            .where(StoredArtifact.owner_id == user_id)
        )
        statement = (
            select(Guild).where(Guild.id.in_(asked.union(shared))).order_by(Guild.name, Guild.id)
        )
        return (await self._session.scalars(statement)).all()

    async def num_bytes_of(self, owner_id: int) -> int:
        """What all that somebody has takes on disk, each thing counted."""
        statement = select(func.sum(StoredArtifact.num_bytes)).where(
            StoredArtifact.owner_id == owner_id
        )
        return int(await self._session.scalar(statement) or 0)


class ArtifactChanges:
    """What can be done to artifacts."""

    def __init__(self, session: WriteSession) -> None:
        self._session = session

    async def add(self, artifact: StoredArtifact) -> None:
        """A new one, of a name that its owner has no other of."""
        self._session.add(artifact)
        await self._session.flush()

    async def hold(
        self, artifact_id: str, user_id: int, guild_id: int | None
    ) -> StoredArtifact | None:
        """The same as `find_usable`; until the unit of work ends, nobody replaces or deletes it."""
        statement = _usable_one(artifact_id, user_id, guild_id)
        found: StoredArtifact | None = await self._session.scalar(
            statement.with_for_update(read=True, of=StoredArtifact)
        )
        return found

    async def share_with_guild(self, artifact: StoredArtifact, guild_id: int) -> None:
        """The members of a guild, which is known, may use it there."""
        await self._session.merge(
            GuildShare(artifact_id=artifact.id, guild_id=guild_id, created_at=datetime.now(UTC))
        )

    async def unshare_with_guilds(self, artifact: StoredArtifact, guild_id: int | None) -> None:
        """The members of this guild may not use it any more; None: of no guild."""
        statement = delete(GuildShare).where(GuildShare.artifact_id == artifact.id)
        if guild_id is not None:
            statement = statement.where(GuildShare.guild_id == guild_id)
        await self._session.execute(statement)

    async def grant(self, artifact: StoredArtifact, user_id: int) -> None:
        """Somebody pasted its code."""
        await self._session.merge(
            CodeGrant(artifact_id=artifact.id, user_id=user_id, created_at=datetime.now(UTC))
        )

    async def revoke_code(self, artifact: StoredArtifact) -> None:
        """Its code, and all that it granted, ends."""
        artifact.share_code = None
        await self._session.execute(delete(CodeGrant).where(CodeGrant.artifact_id == artifact.id))

    async def delete(self, artifact: StoredArtifact) -> None:
        """It is gone, for everybody."""
        await self.revoke_code(artifact)
        await self._session.delete(artifact)


def _usable_one(artifact_id: str, user_id: int, guild_id: int | None) -> Select[StoredArtifact]:
    return (
        select(StoredArtifact)
        .where(StoredArtifact.id == artifact_id, _usable(user_id, guild_id))
        .options(*WHOLE)
    )


def _usable(user_id: int, guild_id: int | None) -> ColumnElement[bool]:
    granted = select(CodeGrant.artifact_id).where(CodeGrant.user_id == user_id)
    ways: list[ColumnElement[bool]] = [
        StoredArtifact.owner_id == user_id,
        StoredArtifact.is_public.is_(True),
        and_(StoredArtifact.share_code.is_not(None), StoredArtifact.id.in_(granted)),
    ]
    if guild_id is not None:
        shared = select(GuildShare.artifact_id).where(GuildShare.guild_id == guild_id)
        ways.append(StoredArtifact.id.in_(shared))
    return or_(*ways)
