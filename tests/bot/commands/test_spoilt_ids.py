"""Ids and values that nobody was offered: no one else's request ends, and each gets a sentence."""

import random
import re
from dataclasses import dataclass, field, replace
from typing import Any

import discord
import pytest

from bot.client import Athanor
from bot.commands.desk import Desk
from bot.commands.help import help_items
from bot.commands.history import history_items
from bot.commands.queue import queue_select
from bot.jobs.queue import Queue
from bot.records.database import Database
from bot.records.models import Job, JobState
from bot.records.origin import Origin
from pipeline import GenerationRequest

STRANGER = 5
NUM_TRIES = 400
WHOLE = (
    "queue:cancel:0",
    "history:page:1:0:7:red",
    "history:show",
    "help:page:0:start",
    "help:topic:start:0",
)
SIGNS = "0123456789abcdef:/-%_ '\"\x00\n\ud83d🎨٣"


@dataclass
class Answered:
    """As much of an interaction as answers need; keeps what was said."""

    client: Athanor
    user: Any
    said: list[str] = field(default_factory=list)
    type: discord.InteractionResponseType | None = None
    id: int = 1
    guild_id: int = 7
    guild: None = None
    channel_id: int = 3
    filesize_limit: int = 10 * 2**20
    app_permissions: discord.Permissions = field(default_factory=discord.Permissions.all)
    extras: dict[str, bool] = field(default_factory=dict)

    @property
    def response(self) -> "Answered":
        return self

    @property
    def followup(self) -> "Answered":
        return self

    async def defer(self, thinking: bool = False) -> None:
        kinds = discord.InteractionResponseType
        self.type = kinds.deferred_channel_message if thinking else kinds.deferred_message_update

    async def send(self, content: str | None = None, **_: Any) -> None:
        self.said.append(content or "")

    async def edit_message(self, content: str | None = None, **values: Any) -> None:
        await self.send(content)

    send_message = edit_original_response = edit_message


@dataclass
class Person:
    id: int = STRANGER
    name: str = "stranger"


def spoil(text: str, luck: random.Random) -> str:
    """The text with some of its signs lost, doubled or exchanged."""
    signs = list(text)
    for _ in range(luck.randrange(4)):
        place = luck.randrange(len(signs) + 1)
        match luck.randrange(3):
            case 0:
                del signs[place : place + luck.randrange(1, 4)]
            case 1:
                signs.insert(place, luck.choice(SIGNS))
            case _:
                signs[place : place + 1] = luck.choice(SIGNS)
    return "".join(signs)


async def test_spoilt_ids_and_values_end_nobody_elses_request_and_are_answered(
    desk: Desk,
    queue: Queue,
    origin: Origin,
    database: Database,
    caplog: pytest.LogCaptureFixture,
) -> None:
    job_id = "0123456789abcdef01234567"
    await queue.accept(GenerationRequest(id=job_id, prompt="a", seeds=(1,)), origin)
    client = Athanor(lambda _: None)
    client.offer(desk)
    classes = [queue_select(desk), *history_items(desk), *help_items(desk)]
    luck = random.Random(7)
    num_used = 0
    for _ in range(NUM_TRIES):
        whole = luck.choice(WHOLE)
        custom_id = spoil(whole, luck)
        value = spoil(luck.choice([job_id, job_id[:8], "page:1", "/imagine", "start"]), luck)
        for each in classes:
            match = re.fullmatch(each.__discord_ui_compiled_template__, custom_id)
            if match is None:
                continue
            num_used += 1
            select: discord.ui.Select[Any] = discord.ui.Select(custom_id=custom_id[:100])
            select._values = [value]
            interaction: Any = Answered(client, Person())
            item = await each.from_custom_id(interaction, select, match)
            await item.callback(interaction)
            assert interaction.said, (custom_id, value)
    assert num_used > NUM_TRIES / 4
    assert not [record.getMessage() for record in caplog.records if record.exc_info]
    async with database.reading() as session:
        assert (await session.get_one(Job, job_id)).state is JobState.ACCEPTED
    # The same value from whoever may use it does end it.
    mine: Any = Answered(client, replace(Person(), id=origin.user_id))
    select = discord.ui.Select(custom_id="queue:cancel:0")
    select._values = [job_id]
    match = re.fullmatch(classes[0].__discord_ui_compiled_template__, "queue:cancel:0")
    assert match
    await (await classes[0].from_custom_id(mine, select, match)).callback(mine)
    async with database.reading() as session:
        assert (await session.get_one(Job, job_id)).state is JobState.CANCELLED
