"""A training that somebody asked for in a town, and what is said of it."""

from sqlalchemy import select

from bot.local_discord.person import File
from bot.local_discord.wire import Json
from bot.records.models import Training, TrainingState
from tests.bot.conftest import PromptPipeline
from tests.bot.conversation.conftest import Town
from tests.bot.furnace import Furnace, picture

SETTINGS = "num_steps: 30, snapshot_every: 10, sample_every: 10"


class Hearth:
    """A training that somebody asked for, in a town."""

    def __init__(self, town: Town, pipeline: PromptPipeline, channel: str = "imagine") -> None:
        self.town = town
        assert pipeline.furnace
        self.furnace: Furnace = pipeline.furnace
        self.channel = channel
        self.thread = ""

    async def light(self, method: str = "textual_inversion") -> None:
        """Ask for the training, confirm it, and find where it is talked about."""
        await self.ask(method)
        self.thread = str((await self.placed()).thread_id or self.channel)

    async def learn(self) -> Json:
        """Light it, and let it come to its end; gives the message that says so."""
        await self.light()
        await self.furnace.reach(30)
        return await self.hear("is learned")

    async def ask(self, method: str = "textual_inversion") -> None:
        """Ask for it, and confirm it."""
        await self.town.you.press(await self.propose(method), "Confirm")

    async def propose(self, method: str = "textual_inversion") -> Json:
        """Ask for it; gives its preview."""
        you = self.town.you
        sent = await you.slash("train start", advanced=SETTINGS, channel=self.channel)
        await you.modal(sent)
        said = {"name": "zuk", "method": [method], "preset": ["quick"], "subject": ""}
        files = [File(f"{it}.png", picture(it)) for it in (10, 200)]
        filled_in = await you.submit(sent, {**said, "files": files})
        return await you.answer(filled_in, until=lambda it: it["attachments"])

    async def accepted(self) -> bool:
        """Whether it is in the records."""
        return bool(await self.town.ask(select(Training)))

    async def placed(self) -> Training:
        async def look() -> Training | None:
            trainings = await self.town.ask(select(Training))
            return next((it for it in trainings if it.message_id), None)

        return await self.town.you.until(look)

    async def ordered(self) -> bool:
        """Whether anything was asked of the run."""
        return bool(self.furnace.orders)

    async def hear(self, words: str) -> Json:
        """The newest message there with these words, now or soon."""
        return await self.town.you.wait_for_message(
            lambda it: words in it["content"], channel=self.thread
        )

    async def status(self, words: str) -> Json:
        """The message that shows how far it is, once it says this."""
        message_id = str((await self.placed()).message_id)
        return await self.town.you.wait_for_message(
            lambda it: it["id"] == message_id and words in it["content"], channel=self.thread
        )

    async def becomes(self, state: TrainingState) -> Training:
        async def look() -> Training | None:
            [training] = await self.town.ask(select(Training))
            return training if training.state is state else None

        return await self.town.you.until(look)
