"""Who may use what somebody trained: nobody else, until its owner shares it, and no longer.

No Discord here: who is in which server is known to whoever asks.
"""

import secrets
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager

from bot.errors import Refusal
from bot.intake.models import ModelList
from bot.jobs.artifact_names import is_ordinary_word, name_key
from bot.records.artifacts import ArtifactChanges, ArtifactQueries
from bot.records.database import Database, WriteSession, uninterrupted
from bot.records.models import Guild, StoredArtifact
from bot.records.people import People

CODE_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that are taken for one another
CODE_LENGTH = 10  # of some 30 signs: not to be guessed


class Sharing:
    """Shares and withdraws. Each answers with the artifact as it is then."""

    def __init__(self, database: Database, models: ModelList) -> None:
        self._database = database
        self._models = models

    @uninterrupted
    async def share_with_guild(
        self, artifact_id: str, user_id: int, guild_id: int, guild_name: str
    ) -> StoredArtifact:
        """Let the members of a guild use it there; that its owner is one is known.

        Raises `Refusal` for a name that is a word in their prompts already.
        """
        words = await self._models.words()
        async with self._own(artifact_id, user_id) as (session, artifact):
            check_guild_name(artifact.kind, artifact.name, words)
            await People(session).meet_guild(guild_id, guild_name)
            await ArtifactChanges(session).share_with_guild(artifact, guild_id)
            return await as_it_is(session, artifact)

    @uninterrupted
    async def share_by_code(self, artifact_id: str, user_id: int) -> StoredArtifact:
        """Let whoever pastes its code use it; it keeps a code that it has."""
        async with self._own(artifact_id, user_id) as (session, artifact):
            if artifact.share_code is None:
                signs = (secrets.choice(CODE_SIGNS) for _ in range(CODE_LENGTH))
                artifact.share_code = "".join(signs)
            return await as_it_is(session, artifact)

    @uninterrupted
    async def share_with_everyone(self, artifact_id: str, user_id: int) -> StoredArtifact:
        """Let everybody use it. Raises `Refusal` for a name that anybody's prompts may hold."""
        async with self._own(artifact_id, user_id) as (session, artifact):
            check_public_name(artifact.kind, artifact.name)
            artifact.is_public = True
            return await as_it_is(session, artifact)

    @uninterrupted
    async def use_code(self, code: str, user_id: int, user_name: str) -> StoredArtifact:
        """Let somebody who pasted a code use what it is for. Raises `Refusal` for no code."""
        async with self._database.writing() as session:
            artifact = await ArtifactQueries(session).by_code(code.strip().casefold())
            if artifact is None:
                raise Refusal("artifact.no_code")
            await People(session).meet_user(user_id, user_name)
            if artifact.owner_id != user_id:
                await ArtifactChanges(session).grant(artifact, user_id)
            return artifact

    @uninterrupted
    async def withdraw_from_guild(
        self, artifact_id: str, user_id: int, guild_id: int
    ) -> StoredArtifact:
        """The members of that guild may not use it any more."""
        async with self._own(artifact_id, user_id) as (session, artifact):
            await ArtifactChanges(session).unshare_with_guilds(artifact, guild_id)
            return await as_it_is(session, artifact)

    @uninterrupted
    async def withdraw_code(self, artifact_id: str, user_id: int) -> StoredArtifact:
        """Its code ends, also for those who pasted it before."""
        async with self._own(artifact_id, user_id) as (session, artifact):
            await ArtifactChanges(session).revoke_code(artifact)
            return await as_it_is(session, artifact)

    @uninterrupted
    async def withdraw_from_everyone(self, artifact_id: str, user_id: int) -> StoredArtifact:
        """Only those with whom it is shared otherwise may still use it."""
        async with self._own(artifact_id, user_id) as (session, artifact):
            artifact.is_public = False
            return await as_it_is(session, artifact)

    @uninterrupted
    async def withdraw(self, artifact_id: str, user_id: int) -> StoredArtifact:
        """Nobody but its owner may use it any more."""
        async with self._own(artifact_id, user_id) as (session, artifact):
            changes = ArtifactChanges(session)
            await changes.unshare_with_guilds(artifact, None)
            await changes.revoke_code(artifact)
            artifact.is_public = False
            return await as_it_is(session, artifact)

    @uninterrupted
    async def guilds_of(self, user_id: int) -> Sequence[Guild]:
        """Where somebody has asked for something, or shares something."""
        async with self._database.reading() as session:
            return await ArtifactQueries(session).guilds_of(user_id)

    @asynccontextmanager
    async def _own(
        self, artifact_id: str, user_id: int
    ) -> AsyncIterator[tuple[WriteSession, StoredArtifact]]:
        async with self._database.writing() as session:
            yield session, await own(session, artifact_id, user_id)


async def own(session: WriteSession, artifact_id: str, user_id: int) -> StoredArtifact:
    """The artifact, for its owner. Raises `Refusal` for anybody else."""
    # Whoever changes something of the same owner waits here.
    await People(session).lock_user(user_id)
    artifact = await ArtifactQueries(session).find(artifact_id)
    if artifact is None:
        raise Refusal("artifact.unknown")
    if artifact.owner_id != user_id:
        raise Refusal("artifact.not_yours")
    return artifact


async def as_it_is(session: WriteSession, artifact: StoredArtifact) -> StoredArtifact:
    """The artifact as it is now, whole."""
    await session.flush()
    found = await ArtifactQueries(session).find(artifact.id)
    assert found, "it was there a moment ago"
    return found


def check_public_name(kind: str, name: str) -> None:
    """Raise `Refusal` for a name that anybody's prompts may hold."""
    if kind == "embedding" and is_ordinary_word(name):
        raise Refusal("artifact.ordinary_word", name=name)


def check_guild_name(kind: str, name: str, words: Collection[str]) -> None:
    """Raise `Refusal` for a letter, or one of these words: members' prompts hold it already."""
    if kind == "embedding" and (len(name) == 1 or name_key(name) in words):
        raise Refusal("artifact.ordinary_word", name=name)
