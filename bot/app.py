"""The one place that puts concrete parts together, and takes them down in reverse."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

import aiohttp
import discord

from bot.client import Athanor
from bot.commands.desk import Desk
from bot.config import Config
from bot.endpoints import point_to
from bot.errors import StartError
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
from bot.jobs.picture_sweep import PictureSweep
from bot.jobs.queue import Queue
from bot.jobs.sharing import Sharing
from bot.jobs.standing import Standings
from bot.jobs.statistics import Statistics
from bot.jobs.training import TrainingJobs
from bot.jobs.training_queue import TrainingQueue
from bot.jobs.workshop import Devices, Workshop
from bot.locales import read_texts
from bot.records.artifact_files import ArtifactFiles
from bot.records.database import open_database
from bot.records.files import open_picture_files
from bot.replies.discord_reply import DiscordReply
from bot.replies.discord_training import DiscordTraining
from migrations import upgrade
from pipeline import open_dispatcher

logger = logging.getLogger(__name__)


async def until_stopped(work: Coroutine[Any, Any, None]) -> None:
    """Do this until it ends, or until SIGTERM or SIGINT end it in good order."""
    task = asyncio.current_task()
    assert task is not None
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()

    def stop() -> None:
        stopping.set()
        task.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    try:
        await work
    except asyncio.CancelledError:
        if not stopping.is_set():
            raise
        logger.info("stopped; what is unfinished goes on at the next start")


async def run(config: Config, token: str, on_open: Callable[[Athanor], None]) -> None:
    """Be the bot, workers and all; `on_open` is told when it takes commands.

    Raises `StartError` where that is not possible. Whatever is under way at the end stays
    accepted in the database, and the next start goes on with it.
    """
    # First what takes longest: the workers load their libraries while all else comes up.
    async with open_dispatcher(config.pipeline) as dispatcher:
        await serve(config, token, dispatcher, on_open)


async def serve(
    config: Config, token: str, pipeline: Devices, on_open: Callable[[Athanor], None]
) -> None:
    """Be the bot of a pipeline that is open already."""
    async with open_bot(config, pipeline, on_open) as client:
        await _connect(client, token)


@asynccontextmanager
async def open_bot(
    config: Config, pipeline: Devices, on_open: Callable[[Athanor], None]
) -> AsyncIterator[Athanor]:
    """The bot with its records open, ready to connect; `pipeline` makes its pictures.

    Raises `StartError` where the records cannot be opened.
    """
    if config.discord.api_url:
        point_to(config.discord.api_url)
    texts = read_texts()
    async with AsyncExitStack() as stack:
        files = stack.enter_context(open_picture_files(config.storage.folder))
        database = await stack.enter_async_context(
            open_database(config.database.url, config.folder, upgrade)
        )
        client = Athanor(on_open)
        models = ModelList(config.pipeline.models)
        stack.push_async_callback(models.close)
        kept = ArtifactFiles(config.storage.artifacts)
        artifacts = Artifacts(database, kept, files, config.limits, config.pipeline, models)
        await artifacts.sweep()
        sweep = PictureSweep(database, files, config.training.kept_days)
        queue = Queue(database, config.limits, kept)
        make_reply = partial(DiscordReply, client, texts)
        jobs = GenerationJobs(queue, pipeline, files, artifacts, texts, make_reply)
        trainings = TrainingJobs(
            Workshop(
                queue=TrainingQueue(database, config.training),
                pipeline=pipeline,
                files=files,
                artifacts=artifacts,
                texts=texts,
                make_reply=partial(DiscordTraining, client, texts),
                config=config.pipeline,
            )
        )
        training_pictures = TrainingPictures(files)
        client.offer(
            Desk(
                intake=GenerationIntake(config.pipeline),
                jobs=jobs,
                defaults=DefaultsKeeper(database),
                standings=Standings(database, pipeline),
                history=History(database, files),
                statistics=Statistics(database, pipeline),
                limits=config.limits,
                album=Album(database, files),
                pictures=InputPictures(files, config.pipeline.clipseg),
                drafts=DraftKeeper(database),
                models=models,
                artifacts=artifacts,
                sharing=Sharing(database, models),
                training=TrainingIntake(
                    config.pipeline, config.training, database, training_pictures, artifacts
                ),
                training_pictures=training_pictures,
                trainings=trainings,
                texts=texts,
            )
        )
        stack.push_async_callback(sweep.close)
        sweep.begin()
        await stack.enter_async_context(client)
        stack.push_async_callback(jobs.close)
        stack.push_async_callback(trainings.close)
        yield client


async def _connect(client: Athanor, token: str) -> None:
    try:
        await client.start(token)
    except discord.LoginFailure as error:
        raise StartError(
            "Discord does not accept the token in DISCORD_TOKEN: copy it anew from the Bot page "
            "of https://discord.com/developers/applications."
        ) from error
    except (aiohttp.ClientError, OSError, discord.DiscordServerError) as error:
        raise StartError(
            f"Discord cannot be reached at {discord.http.Route.BASE}: {error}."
        ) from error
    except discord.ConnectionClosed as error:
        raise StartError(f"Discord closed the connection for good: {error}.") from error
