"""All of `config.toml`: read once, checked, frozen, handed down in parts.

The pipeline checks its own part. A misspelt setting is an error that names it, and the token is
never a setting: it comes from the environment.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from pipeline import ConfigError, PipelineConfig, read_pipeline_config, read_toml


class Part(BaseModel):
    """One table of `config.toml`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class DiscordConfig(Part):
    """Where Discord is."""

    api_url: Annotated[str, Field(pattern=r"^(https?://\S+)?$")] = ""


class DatabaseConfig(Part):
    """Where the records are."""

    url: str = "sqlite:///data/athanor.db"


class StorageConfig(Part):
    """Where pictures are, and what was learned."""

    folder: Path = Path("data/pictures")
    artifacts: Path = Path("data/artifacts")

    @field_validator("artifacts")
    @classmethod
    def _is_a_folder_of_its_own(cls, artifacts: Path, info: ValidationInfo) -> Path:
        # What nothing needs is deleted there: pictures would be.
        if artifacts == info.data.get("folder"):
            raise ValueError("the pictures are in that folder: name another")
        return artifacts


class RoleLimits(Part):
    """What members with a role may ask for instead; what is left out is as for everybody."""

    max_waiting: Annotated[int, Field(ge=1)] | None = None
    max_running: Annotated[int, Field(ge=0)] | None = None
    max_per_hour: Annotated[int, Field(ge=0)] | None = None
    max_work: Annotated[float, Field(ge=0)] | None = None
    max_stored: Annotated[float, Field(ge=0)] | None = None


class LimitsConfig(Part):
    """How much a user may ask for."""

    max_waiting: Annotated[int, Field(ge=1)] = 4
    max_running: Annotated[int, Field(ge=0)] = 4  # 0: any number
    max_per_hour: Annotated[int, Field(ge=0)] = 0  # 0: any number
    max_work: Annotated[float, Field(ge=0)] = 300.0  # megapixels × steps × pictures; 0: any
    max_stored: Annotated[float, Field(ge=0)] = 5000.0  # MB of what was learned; 0: any
    roles: dict[str, RoleLimits] = {}


class RoleTrainingLimits(Part):
    """What members with a role may ask of training instead."""

    max_waiting: Annotated[int, Field(ge=1)] | None = None
    max_running: Annotated[int, Field(ge=0)] | None = None
    max_steps: Annotated[int, Field(ge=0)] | None = None
    max_pictures: Annotated[int, Field(ge=1, le=1000)] | None = None


class TrainingConfig(Part):
    """Who may train, and how much."""

    may_train: tuple[str, ...] = ()  # roles, by name or id; none: everybody
    max_waiting: Annotated[int, Field(ge=1)] = 2
    max_running: Annotated[int, Field(ge=0)] = 1  # 0: any number
    max_steps: Annotated[int, Field(ge=0)] = 10_000  # 0: any number
    max_pictures: Annotated[int, Field(ge=1, le=1000)] = 100
    guessed_step: Annotated[float, Field(gt=0)] = 0.5  # seconds
    kept_days: Annotated[float, Field(ge=0)] = 30.0  # of an ended run's snapshots; 0: for ever
    roles: dict[str, RoleTrainingLimits] = {}


class Settings(Part):
    """The bot's own tables."""

    discord: DiscordConfig = DiscordConfig()
    database: DatabaseConfig = DatabaseConfig()
    storage: StorageConfig = StorageConfig()
    limits: LimitsConfig = LimitsConfig()
    training: TrainingConfig = TrainingConfig()


class Config(Settings):
    """Everything that is configured; relative paths start at `folder`."""

    folder: Path
    pipeline: PipelineConfig


def read_config(path: Path) -> Config:
    """Read and check a configuration file.

    Raises `ConfigError` for anything that cannot be followed.
    """
    tables = read_toml(path)
    folder = path.resolve().parent
    pipeline = read_pipeline_config(tables.pop("pipeline", {}), folder)
    settings = _read_settings(tables)
    return Config(
        folder=folder,
        pipeline=pipeline,
        discord=settings.discord,
        database=settings.database,
        storage=StorageConfig(
            folder=folder / settings.storage.folder,
            artifacts=folder / settings.storage.artifacts,
        ),
        limits=settings.limits,
        training=settings.training,
    )


def _read_settings(tables: Mapping[str, Any]) -> Settings:
    try:
        return Settings.model_validate(tables)
    except ValidationError as error:
        raise ConfigError(f"config: {' '.join(map(_sentence, error.errors()))}") from error


def _sentence(problem: Mapping[str, Any]) -> str:
    *table, name = map(str, problem["loc"])
    where = f"in [{'.'.join(table)}]" if table else "at the top"
    if problem["type"] == "extra_forbidden":
        return f"unknown setting {where}: {name}."
    return f"[{'.'.join(table)}] {name}: {problem['msg'][0].lower()}{problem['msg'][1:]}."
