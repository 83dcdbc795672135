"""People who bring along what was learned, and use it."""

from bot.local_discord.person import Person
from bot.local_discord.wire import Json
from pipeline import ModelConfig, PipelineConfig
from tests.bot.conversation.conftest import Town
from tests.bot.jobs.learned import DEMO

READING = 60.0  # seconds; a process that reads a stranger's file loads its libraries first


def learning(town: Town) -> Town:
    """The town where the demo model makes the pictures, so that what is learned fits something."""
    pipeline = PipelineConfig(models={"demo": ModelConfig(path=DEMO)})
    town.config = town.config.model_copy(update={"pipeline": pipeline})
    return town


async def ask(person: Person, command: str, channel: str = "imagine", **options: object) -> Json:
    """The answer to a command, whatever it says."""
    sent = await person.slash(command, channel=channel, **options)
    return await person.answer(sent, until=lambda it: it["content"], patience=READING)
