"""The tables."""

from bot.records.models.artifacts import ArtifactUse, CodeGrant, GuildShare, StoredArtifact
from bot.records.models.jobs import (
    JOB_ID_LENGTH,
    Derivation,
    Draft,
    Favourite,
    Guild,
    GuildDefaults,
    Job,
    JobState,
    Record,
    StoredImage,
    User,
    UserDefaults,
    UtcDateTime,
)
from bot.records.models.trainings import KeptSnapshot, LearnedPicture, Training, TrainingState

__all__ = [
    "JOB_ID_LENGTH",
    "ArtifactUse",
    "CodeGrant",
    "Derivation",
    "Draft",
    "Favourite",
    "Guild",
    "GuildDefaults",
    "GuildShare",
    "Job",
    "JobState",
    "KeptSnapshot",
    "LearnedPicture",
    "Record",
    "StoredArtifact",
    "StoredImage",
    "Training",
    "TrainingState",
    "User",
    "UserDefaults",
    "UtcDateTime",
]
