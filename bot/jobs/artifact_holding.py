"""What a job is taken on with stays there for it, whatever its owner does with it meanwhile."""

from collections.abc import Sequence

from bot.errors import Refusal
from bot.jobs.artifact_names import name_key
from bot.jobs.artifact_resolving import label
from bot.records.artifact_files import ArtifactFiles
from bot.records.artifact_uses import ArtifactUseChanges
from bot.records.artifacts import ArtifactChanges
from bot.records.database import WriteSession
from bot.records.models import ArtifactUse, Job
from pipeline import UsedArtifact


async def hold(
    session: WriteSession, job: Job, used: Sequence[UsedArtifact], files: ArtifactFiles
) -> None:
    """Write down what a new job needs, in the unit of work that takes it on.

    It may be long since the names in its request were resolved: the job draws with what is there
    now, as what was replaced meanwhile may be gone. Raises `Refusal` where its user may not use
    something any more.
    """
    changes, held = ArtifactChanges(session), []
    for each in used:
        artifact = await changes.hold(each.id, job.user_id, job.guild_id)
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
        now = {"path": str(files.path(artifact.file_hash, artifact.suffix)), "base": artifact.base}
        held.append(each.model_copy(update=now).model_dump(mode="json"))
    if held:
        job.request = job.request | {"artifacts": held}
