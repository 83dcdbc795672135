"""What people trained or brought along: kept, named, deleted, and found for their requests."""

import asyncio
import logging
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bot.config import LimitsConfig
from bot.errors import Refusal
from bot.intake.models import ModelList
from bot.jobs.artifact_names import check_name, name_key, name_like
from bot.jobs.artifact_resolving import Clash, Resolver, card_of
from bot.jobs.artifact_room import Rooms, room_of
from bot.jobs.artifact_usable import UsableNames
from bot.jobs.sharing import as_it_is, check_guild_name, check_public_name, own
from bot.records.artifact_files import ArtifactFiles
from bot.records.artifact_uses import ArtifactUses
from bot.records.artifacts import ArtifactChanges, ArtifactQueries
from bot.records.database import Database, uninterrupted
from bot.records.files import PictureFiles
from bot.records.models import JOB_ID_LENGTH, StoredArtifact
from bot.records.people import People, records_began
from pipeline import ArtifactKind, GenerationRequest, PipelineConfig, UsedArtifact

logger = logging.getLogger(__name__)

NO_CARD: Mapping[str, Any] = MappingProxyType({})
REPLACED = ("file_hash", "suffix", "num_bytes", "family", "width", "base", "card")


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of something that is to be kept."""

    kind: ArtifactKind
    family: str | None
    width: int | None
    base: str | None = None
    card: Mapping[str, Any] = field(default_factory=dict)
    preview: bytes | None = None  # PNG


@dataclass(frozen=True, slots=True)
class Bringer:
    """Somebody who brings a file along: they may be new here, and may keep so much."""

    name: str
    roles: Collection[str]


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
        self._models = models
        self.rooms = Rooms(database, limits)
        self._model_keys = frozenset(map(name_key, config.models))
        self._resolver = Resolver(database, config, models)
        # A file is stored before its row is there: nobody may sweep it away in between.
        self._storing = asyncio.Lock()
        self._num_older = 0  # files that the last sweep left, and that the log knows of
        self.reading = asyncio.Semaphore(1)  # of files: each takes a process, and much memory

    async def keep(
        self,
        *,
        owner_id: int,
        name: str,
        kind: ArtifactKind,
        path: Path,
        base: str | None = None,
        card: Mapping[str, Any] = NO_CARD,
        preview: bytes | None = None,
    ) -> StoredArtifact:
        """Keep a file, or a checkpoint's folder, for its owner alone; `path` stays where it is.

        Its owner is known already. What the same training made before is replaced, and stays
        shared, unless it was picked. Where the owner has something else of that name, or it cannot
        be one, it gets a name like it; `check_new` tells beforehand. `base` is the model that it
        was made with or for; `preview` is a PNG.
        """
        fit = await self._models.fit(base)
        width = None
        if fit:
            width = fit.image_width if kind == "aesthetic" else fit.token_width
        kept = Kept(kind, fit.family if fit else None, width, base, card, preview)
        return await self.take(owner_id, name, path, kept)

    async def take(
        self, owner_id: int, name: str, path: Path, kept: Kept, bringer: Bringer | None = None
    ) -> StoredArtifact:
        """The same of something whose card is known.

        Of what somebody brings along, `Refusal` is raised where it is more than they may keep.
        """
        async with self._storing:
            file = await self._files.keep(path)
            picture = await self._pictures.store(kept.preview) if kept.preview else None
            artifact = StoredArtifact(
                id=secrets.token_hex(JOB_ID_LENGTH // 2),
                owner_id=owner_id,
                kind=kept.kind,
                file_hash=file.file_hash,
                suffix=file.suffix,
                num_bytes=file.num_bytes,
                family=kept.family,
                width=kept.width,
                base=kept.base,
                card=dict(kept.card),
                preview_hash=picture,
                is_public=False,
                share_code=None,
                created_at=datetime.now(UTC),
            )
            added = await self._add(artifact, name, bringer)
        logger.info("artifact %s: %s of user %d", added.id, kept.kind, owner_id)
        return added

    @uninterrupted
    async def check_new(
        self, owner_id: int, name: str, roles: Collection[str], num_bytes: int = 0
    ) -> str:
        """The name as it would be kept; raises `Refusal` where somebody may keep no such thing."""
        name = check_name(name, self._model_keys)
        async with self._database.reading() as session:
            queries = ArtifactQueries(session)
            if name_key(name) in await queries.names_of(owner_id):
                raise Refusal("artifact.name_taken", name=name)
            (await room_of(session, owner_id, self.rooms.most(roles))).check(num_bytes)
        return name

    @uninterrupted
    async def usable(self, user_id: int, guild_id: int | None) -> Sequence[StoredArtifact]:
        """All that somebody may use in a guild, or in direct messages: their own come first."""
        async with self._database.reading() as session:
            return await ArtifactQueries(session).usable(user_id, guild_id)

    async def names(
        self, user_id: int, guild_id: int | None, model: str | None = None
    ) -> UsableNames:
        """All that somebody may call in a guild, what fits a model in config before the rest."""
        found = await self.usable(user_id, guild_id)
        fit = await self._models.fit(model)
        fitting = sorted(found, key=lambda it: fit is not None and not card_of(it).fits(fit))
        return UsableNames(user_id, fitting)

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
            UsedArtifact(kind=it.kind, name=called, path=str(self.path(it)), base=it.base, id=it.id)
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
        name, words = check_name(name, self._model_keys), await self._models.words()
        async with self._database.writing() as session:
            artifact = await own(session, artifact_id, user_id)
            taken = await ArtifactQueries(session).names_of(user_id) - {artifact.name_key}
            if name_key(name) in taken:
                raise Refusal("artifact.name_taken", name=name)
            if artifact.is_public:
                check_public_name(artifact.kind, name)
            if artifact.guild_shares:
                check_guild_name(artifact.kind, name, words)
            artifact.name, artifact.name_key = name, name_key(name)
            return await as_it_is(session, artifact)

    async def delete(self, artifact_id: str, user_id: int) -> str:
        """Delete it, and return its name; the file stays while a job that uses it is unfinished."""
        name = await self._delete(artifact_id, user_id)
        await self.sweep()
        return name

    async def sweep(self) -> None:
        """Delete all files that nothing needs any more, but what others' records may need."""
        async with self._storing:
            swept = await self._files.sweep(*await self._needed())
        if swept.num_gone:
            logger.info("artifacts: %d files that nothing needs are deleted", swept.num_gone)
        if swept.num_older != self._num_older:
            logger.warning(
                "artifacts: %d files are unknown to the database, but older than it: they stay",
                swept.num_older,
            )
            self._num_older = swept.num_older

    def path(self, artifact: StoredArtifact) -> Path:
        """Its file or folder."""
        return self._files.path(artifact.file_hash, artifact.suffix)

    async def preview(self, artifact: StoredArtifact) -> bytes | None:
        """A PNG that shows what it does, where there is one."""
        return await self._pictures.load(artifact.preview_hash) if artifact.preview_hash else None

    @uninterrupted
    async def _add(
        self, artifact: StoredArtifact, wanted: str, bringer: Bringer | None
    ) -> StoredArtifact:
        async with self._database.writing() as session:
            queries, owner_id = ArtifactQueries(session), artifact.owner_id
            # Whoever adds something for the same owner waits here.
            if bringer is None:
                await People(session).lock_user(owner_id)
            else:
                await People(session).meet_user(owner_id, bringer.name)
                room = await room_of(session, owner_id, self.rooms.most(bringer.roles))
                room.check(artifact.num_bytes)
            if before := await queries.replaced_by(owner_id, artifact.card):
                _replace(before, artifact)
                return await as_it_is(session, before)
            taken = await queries.names_of(owner_id) | self._model_keys
            artifact.name = name_like(wanted, taken)
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
    async def _needed(self) -> tuple[set[str], datetime | None]:
        """The hashes of all files that must stay, and when the records began."""
        async with self._database.reading() as session:
            return await ArtifactUses(session).needed_hashes(), await records_began(session)


def _replace(before: StoredArtifact, artifact: StoredArtifact) -> None:
    """Let what there is be what was made since, under its name and shared as it is."""
    for name in REPLACED:
        setattr(before, name, getattr(artifact, name))
    before.preview_hash = artifact.preview_hash or before.preview_hash
