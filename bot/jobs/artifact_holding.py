"""What a job is taken on with stays there for it, whatever its owner does with it meanwhile."""

from collections.abc import Sequence

from bot.errors import Refusal
from bot.jobs.artifact_names import name_key
from bot.jobs.artifact_resolving import label
from bot.records.artifact_uses import ArtifactUseChanges
from bot.records.artifacts import ArtifactQueries
from bot.records.database import WriteSession
from bot.records.models import ArtifactUse, Job
from pipeline import UsedArtifact


async def hold(session: WriteSession, job: Job, used: Sequence[UsedArtifact]) -> None:
    """Write down what a new job needs, in the unit of work that takes it on.

    Raises `Refusal` where its user may not use something any more: it may be long since the
    names in its request were resolved.
    """
    queries = ArtifactQueries(session)
    for each in used:
        artifact = await queries.find_usable(each.id, job.user_id, job.guild_id)
        if artifact is None:
            raise Refusal("artifact.withdrawn", name=each.name)
        use = ArtifactUse(
            job_id=job.id,
            kind=each.kind,
            called_key=name_key(each.name),
            artifact_id=artifact.id,
            file_hash=artifact.file_hash,
            label=label(artifact),
            told_at=None,
        )
        await ArtifactUseChanges(session).add(use)
