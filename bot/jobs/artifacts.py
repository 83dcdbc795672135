"""What people trained or brought along: kept, named, deleted, and found for their requests."""

import asyncio
import logging
import secrets
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.config import LimitsConfig
from bot.errors import Refusal
from bot.intake.models import ModelList
from bot.jobs.artifact_names import check_name, free_name, name_key
from bot.jobs.artifact_resolving import Clash, Resolver
from bot.jobs.limits import allowance
from bot.jobs.sharing import as_it_is, check_public_name, own
from bot.records.artifact_files import ArtifactFiles
from bot.records.artifact_uses import ArtifactUses
from bot.records.artifacts import ArtifactChanges, ArtifactQueries
from bot.records.database import Database, uninterrupted
from bot.records.files import PictureFiles
from bot.records.models import JOB_ID_LENGTH, StoredArtifact
from bot.records.people import People
from pipeline import ArtifactKind, GenerationRequest, PipelineConfig, UsedArtifact

logger = logging.getLogger(__name__)

MEGABYTE = 10**6


class Artifacts:
    """All of them."""

    def __init__(
        self,
        database: Database,
        files: ArtifactFiles,
        pictures: PictureFiles,
        limits: LimitsConfig,
        config: PipelineConfig,
        models: ModelList,
    ) -> None:
        self._database = database
        self._files = files
        self._pictures = pictures
        self._limits = limits
        self._resolver = Resolver(database, config, models)
        # A file is stored before its row is there: nobody may sweep it away in between.
        self._storing = asyncio.Lock()

    async def keep(
        self,
        owner_id: int,
        owner_name: str,
        name: str,
        kind: ArtifactKind,
        path: Path,
        *,
        family: str,
        width: int | None = None,
        base: str | None = None,
        card: dict[str, Any] | None = None,
        preview: bytes | None = None,
        artifact_id: str | None = None,
    ) -> StoredArtifact:
        """Keep a file, or a checkpoint's folder, for its owner alone; `path` stays where it is.

        Where the owner has another thing of that name, or it cannot be one, it gets a name like
        it; `check_new` tells beforehand. Nothing is refused: what was learned took long. With an
        id that is kept already, this is that. `preview` is a PNG.
        """
        async with self._storing:
            kept = await self._files.keep(path)
            preview_hash = await self._pictures.store(preview) if preview else None
            artifact = StoredArtifact(
                id=artifact_id or secrets.token_hex(JOB_ID_LENGTH // 2),
                owner_id=owner_id,
                kind=kind,
                file_hash=kept.file_hash,
                suffix=kept.suffix,
                num_bytes=kept.num_bytes,
                family=family,
                width=width,
                base=base,
                card=card or {},
                preview_hash=preview_hash,
                is_public=False,
                share_code=None,
                created_at=datetime.now(UTC),
            )
            added = await self._add(artifact, owner_name, name)
        logger.info("artifact %s: %s of user %d", added.id, kind, owner_id)
        return added

    @uninterrupted
    async def check_new(
        self, owner_id: int, name: str, roles: Collection[str], num_bytes: int = 0
    ) -> str:
        """The name as it would be kept; raises `Refusal` where somebody may keep no such thing."""
        name = check_name(name)
        async with self._database.reading() as session:
            queries = ArtifactQueries(session)
            if name_key(name) in await queries.names_of(owner_id):
                raise Refusal("artifact.name_taken", name=name)
            stored = await queries.num_bytes_of(owner_id)
        allowed = allowance(self._limits, roles).max_stored
        if (stored + num_bytes) / MEGABYTE > allowed:
            raise Refusal(
                "artifact.too_much",
                max_stored=f"{allowed:,g}",
                stored=f"{stored / MEGABYTE:,.1f}",
                size=f"{num_bytes / MEGABYTE:,.1f}",
            )
        return name

    @uninterrupted
    async def usable(self, user_id: int, guild_id: int | None) -> Sequence[StoredArtifact]:
        """All that somebody may use in a guild, or in direct messages: their own come first."""
        async with self._database.reading() as session:
            return await ArtifactQueries(session).usable(user_id, guild_id)

    async def resolve(
        self,
        request: GenerationRequest,
        user_id: int,
        guild_id: int | None,
        source: str | None = None,
        chosen: Collection[str] = (),
    ) -> GenerationRequest:
        """The request with all that it names, as this user may use it in this guild.

        `source` is the job that it comes from, whose names go on meaning what they did; `chosen`
        are ids of what is meant by names that several have. Raises `Refusal`, or `Clash` where
        that must be asked.
        """
        found = await self._resolver.resolve(request, user_id, guild_id, source, chosen)
        used = tuple(
            UsedArtifact(
                kind=it.kind,
                name=called,
                path=str(self.path(it)),
                base=it.base,
                id=it.id,
            )
            for called, it in found
        )
        return request.model_copy(update={"artifacts": used})

    @uninterrupted
    async def find(self, artifact_id: str, user_id: int, guild_id: int | None) -> StoredArtifact:
        """The artifact of that id. Raises `Refusal` where this user may not use it here."""
        async with self._database.reading() as session:
            artifact = await ArtifactQueries(session).find_usable(artifact_id, user_id, guild_id)
        if artifact is None:
            raise Refusal("artifact.unknown")
        return artifact

    @uninterrupted
    async def find_named(self, name: str, user_id: int, guild_id: int | None) -> StoredArtifact:
        """What `name` or `owner/name` means to this user here: their own first.

        Raises `Refusal` where it is nothing that they may use, or several things.
        """
        owner, _, own_name = name.strip().rpartition("/")
        async with self._database.reading() as session:
            usable = await ArtifactQueries(session).usable_by_names(
                user_id, guild_id, [name_key(own_name)]
            )
        found = [it for it in usable if not owner or name_key(it.owner.name) == name_key(owner)]
        found = [it for it in found if it.owner_id == user_id] or found
        if not found:
            raise Refusal("artifact.unknown")
        if len(found) > 1:
            raise Clash(name.strip(), found)
        return found[0]

    @uninterrupted
    async def rename(self, artifact_id: str, user_id: int, name: str) -> StoredArtifact:
        """Call it otherwise. Raises `Refusal` for what cannot be its name."""
        name = check_name(name)
        async with self._database.writing() as session:
            artifact = await own(session, artifact_id, user_id)
            taken = await ArtifactQueries(session).names_of(user_id) - {artifact.name_key}
            if name_key(name) in taken:
                raise Refusal("artifact.name_taken", name=name)
            if artifact.is_public:
                check_public_name(artifact.kind, name)
            artifact.name, artifact.name_key = name, name_key(name)
            return await as_it_is(session, artifact)

    async def delete(self, artifact_id: str, user_id: int) -> str:
        """Delete it, and return its name; the file stays while a job that uses it is unfinished."""
        name = await self._delete(artifact_id, user_id)
        await self.sweep()
        return name

    async def sweep(self) -> None:
        """Delete all files that nothing needs any more."""
        async with self._storing:
            num_gone = await self._files.sweep(await self._needed_hashes())
        if num_gone:
            logger.info("artifacts: %d files that nothing needs are deleted", num_gone)

    def path(self, artifact: StoredArtifact) -> Path:
        """Its file or folder."""
        return self._files.path(artifact.file_hash, artifact.suffix)

    async def preview(self, artifact: StoredArtifact) -> bytes | None:
        """A PNG that shows what it does, where there is one."""
        return await self._pictures.load(artifact.preview_hash) if artifact.preview_hash else None

    @uninterrupted
    async def _add(self, artifact: StoredArtifact, owner_name: str, wanted: str) -> StoredArtifact:
        async with self._database.writing() as session:
            # Whoever adds something for the same owner waits here.
            await People(session).meet_user(artifact.owner_id, owner_name)
            queries = ArtifactQueries(session)
            if before := await queries.find(artifact.id):
                return before
            taken = await queries.names_of(artifact.owner_id)
            artifact.name = _name_like(wanted, taken)
            artifact.name_key = name_key(artifact.name)
            await ArtifactChanges(session).add(artifact)
            return await as_it_is(session, artifact)

    @uninterrupted
    async def _delete(self, artifact_id: str, user_id: int) -> str:
        async with self._database.writing() as session:
            artifact = await own(session, artifact_id, user_id)
            await ArtifactChanges(session).delete(artifact)
            return artifact.name

    @uninterrupted
    async def _needed_hashes(self) -> set[str]:
        async with self._database.reading() as session:
            return await ArtifactUses(session).needed_hashes()


def _name_like(wanted: str, taken: Collection[str]) -> str:
    try:
        name = check_name(wanted)
    except Refusal:
        return free_name(wanted, taken)
    return free_name(name, taken) if name_key(name) in taken else name
