"""A desk with all that commands use, and a pipeline without devices."""

from pathlib import Path
from typing import Any

import pytest

from bot.commands.desk import Desk
from bot.config import LimitsConfig, TrainingConfig
from bot.intake.defaults import DefaultsKeeper
from bot.intake.drafts import DraftKeeper
from bot.intake.generation import GenerationIntake
from bot.intake.models import ModelList
from bot.intake.pictures import InputPictures
from bot.intake.training import TrainingIntake
from bot.intake.training_pictures import TrainingPictures
from bot.jobs.album import Album
from bot.jobs.artifacts import Artifacts
from bot.jobs.generation import GenerationJobs
from bot.jobs.history import History
from bot.jobs.queue import Queue
from bot.jobs.sharing import Sharing
from bot.jobs.standing import Standings
from bot.jobs.statistics import Statistics
from bot.jobs.training import TrainingJobs
from bot.jobs.training_queue import TrainingQueue
from bot.jobs.workshop import Workshop
from bot.locales import Texts
from bot.records.artifact_files import ArtifactFiles
from bot.records.database import Database
from bot.records.files import PictureFiles
from pipeline import Dispatcher, PipelineConfig


@pytest.fixture
def desk(
    intake: GenerationIntake,
    queue: Queue,
    files: PictureFiles,
    database: Database,
    texts: Texts,
    tmp_path: Path,
) -> Desk:
    def no_reply(*_: object) -> Any:
        raise AssertionError("nothing is accepted here")

    config = PipelineConfig(models={"sd": intake.models["sd"]})
    models = ModelList(config.models)
    idle = Dispatcher(config, (), no_reply)
    artifacts = Artifacts(
        *(database, ArtifactFiles(tmp_path / "artifacts"), files, LimitsConfig()),
        *(config, models),
    )
    jobs = GenerationJobs(queue, idle, files, artifacts, texts, no_reply)
    trainings = TrainingQueue(database, TrainingConfig())
    learnable = TrainingPictures(files)
    return Desk(
        intake=intake,
        jobs=jobs,
        defaults=DefaultsKeeper(database),
        standings=Standings(database, idle),
        history=History(database, files),
        album=Album(database, files),
        pictures=InputPictures(files),
        drafts=DraftKeeper(database),
        training=TrainingIntake(config, TrainingConfig(), database, learnable, artifacts),
        training_pictures=learnable,
        models=models,
        artifacts=artifacts,
        trainings=TrainingJobs(
            Workshop(trainings, idle, files, artifacts, texts, no_reply, config)
        ),
        sharing=Sharing(database, models),
        statistics=Statistics(database, idle),
        limits=LimitsConfig(),
        texts=texts,
    )
