"""Whether a new training may be called as somebody wishes: one thing of theirs has a name."""

from bot.errors import Refusal
from bot.jobs.artifact_names import name_key
from bot.records.artifacts import ArtifactQueries
from bot.records.database import ReadSession
from bot.records.training_figures import TrainingFigures


async def check_free(session: ReadSession, user_id: int, name: str, training_id: str) -> None:
    """Raise `Refusal` where a user has, or is having made, something else of that name.

    Where they are locked, it stays free until the unit of work ends.
    """
    if name_key(name) in await ArtifactQueries(session).names_of(user_id):
        raise Refusal("artifact.name_taken", name=name)
    others = await TrainingFigures(session).names_of(user_id, but_for=training_id)
    if name_key(name) in map(name_key, others):
        raise Refusal("train.name_taken", name=name)
