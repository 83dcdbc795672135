"""Forty people at once, through Discord, with the dispatcher itself between them and one device."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

from sqlalchemy import func, select

from bot.app import open_bot
from bot.local_discord.newcomer import GUILD_ID
from bot.local_discord.person import Person, Sent
from bot.records.database import open_database
from bot.records.models import Job, JobState
from migrations import upgrade
from pipeline import Dispatcher, ModelConfig, PipelineConfig
from pipeline.workers.worker import AnyRequest
from tests.bot.conversation.conftest import Town
from tests.local_discord_process import TOKEN
from tests.pipeline.asking import unfair_turns
from tests.pipeline.workers.sleepy import InlineWorker

NUM_PEOPLE = 40
PATIENCE = 120.0  # seconds, on a busy machine


class GatedWorker(InlineWorker):
    """Starts when it may, and notes whose request begins."""

    def __init__(self, config: PipelineConfig, device: str) -> None:
        super().__init__(config, device)
        self.gate = asyncio.Event()
        self.begun: list[str] = []

    async def start(self) -> None:
        await self.gate.wait()
        await super().start()

    def begin(self, request: AnyRequest) -> None:
        self.begun.append(request.user)
        super().begin(request)


async def test_of_forty_at_once_nobody_waits_while_somebody_served_more_recently_is_served(
    town: Town, model_folder: Path
) -> None:
    models = {"sleepy": ModelConfig(path=model_folder)}
    config = town.config.model_copy(
        update={"pipeline": PipelineConfig(models=models, max_images_in_flight=1)}
    )
    workers: list[GatedWorker] = []

    def make_worker(config: PipelineConfig, device: str) -> GatedWorker:
        workers.append(GatedWorker(config, device))
        return workers[-1]

    await town.director.stop_clock()  # on a busy machine nobody is late
    names = [f"person{number}" for number in range(NUM_PEOPLE)]
    for name in names:
        await town.director.add_person(name, GUILD_ID)
    async with AsyncExitStack() as stack:
        people = [await stack.enter_async_context(Person.at(town.you.url, it)) for it in names]
        dispatcher = await stack.enter_async_context(
            Dispatcher(config.pipeline, ["cpu"], make_worker)
        )
        opened = asyncio.Event()
        bot = await stack.enter_async_context(open_bot(config, dispatcher, lambda _: opened.set()))
        connection = asyncio.create_task(bot.start(TOKEN))
        await asyncio.wait_for(opened.wait(), PATIENCE)

        async def ask(person: Person) -> list[Sent]:
            return [await person.slash("imagine", prompt="a nap", steps=5) for _ in range(2)]

        sent = await asyncio.gather(*map(ask, people))
        await town.you.until(lambda: is_full(dispatcher), PATIENCE)
        [worker] = workers
        worker.gate.set()
        for person, each in zip(people, sent, strict=True):
            for one in each:
                await person.answer(
                    one, until=lambda it: "Seed" in it["content"], patience=PATIENCE
                )
        await town.you.until(lambda: is_settled(town), PATIENCE)
    await asyncio.gather(connection, return_exceptions=True)
    assert len(worker.begun) == 2 * NUM_PEOPLE
    assert len(set(worker.begun[:NUM_PEOPLE])) == NUM_PEOPLE
    assert unfair_turns(worker.begun) == []


async def is_full(dispatcher: Dispatcher) -> bool:
    return len(dispatcher.outlook()) == 2 * NUM_PEOPLE


async def is_settled(town: Town) -> bool:
    async with (
        open_database(town.config.database.url, town.config.folder, upgrade) as database,
        database.reading() as session,
    ):
        statement = select(func.count()).where(Job.state == JobState.DELIVERED)
        return await session.scalar(statement) == 2 * NUM_PEOPLE
