"""Somebody's pictures and request, and a stranger who sends the bot what no client would send.

The local Discord runs in the test's own loop, so that a try costs milliseconds.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, TypeVar

from sqlalchemy import Select, select

from bot.local_discord.assembly import LocalDiscord
from bot.local_discord.forms.base import parse
from bot.local_discord.forms.messages import MessageForm
from bot.local_discord.interactions.interaction import Interaction, Kind
from bot.local_discord.message import Message
from bot.local_discord.messages import Origin
from bot.local_discord.newcomer import CHANNEL_ID, GUILD_ID, ROBIN_ID
from bot.local_discord.wire import Json
from bot.local_discord.world import Channel
from bot.records.database import Database
from bot.records.models import (
    Draft,
    Favourite,
    GuildDefaults,
    GuildShare,
    Job,
    StoredArtifact,
    StoredImage,
    UserDefaults,
)
from tests.bot.mutations.mutants import ATTACHMENT, Call, Choice, Mutant, Press, Submission

T = TypeVar("T")

PATIENCE = 120.0  # seconds, on a busy machine
LOOK_EVERY = 0.005  # seconds
BUTTONS, SELECTS = 25, 5  # that a message holds
SLASH = 1  # type of commands
BUTTON, SELECT = 2, 3  # types of components


@dataclass
class Siege:
    """One life of the bot, and all that must outlast the stranger's visit."""

    home: LocalDiscord
    database: Database
    done: Job
    running: Job
    draft: Draft
    artifact: StoredArtifact  # that the stranger may use here
    files: Sequence[str]  # ids of what the stranger can give as a picture
    opener: Interaction  # what a modal is said to come from
    treasure: list[Any] = field(default_factory=list)

    @property
    def channel(self) -> Channel:
        return self.home.world.channel(CHANNEL_ID)

    @property
    def commands(self) -> list[tuple[str, Json]]:
        """The bot's slash commands by their ids, as Discord has them."""
        known = self.home.world.commands.values()
        return [(it.id, it.body | {"name": it.name}) for it in known if it.type == SLASH]

    async def suffer(self, mutants: Sequence[Mutant]) -> None:
        """Take all of these at once; each must be answered with something to read."""
        since = int(self.home.world.snowflakes.next())
        sent = [*self._start_presses([it for it in mutants if isinstance(it, Press | Choice)])]
        for mutant in mutants:
            if isinstance(mutant, Submission):
                components = [
                    {"type": 18, "id": number, "component": {"type": 4, "id": 50 + number} | one}
                    for number, one in enumerate(mutant.fields(self.fill), start=1)
                ]
                data = {"custom_id": self.fill(mutant.custom_id), "components": components}
                sent.append(self._start(Kind.MODAL, data, source_id=str(self.done.placeholder_id)))
            elif isinstance(mutant, Call):
                kind = Kind.AUTOCOMPLETE if mutant.is_typing else Kind.COMMAND
                sent.append(self._start(kind, self._with_files(mutant), mutant.name))
        try:
            async with asyncio.timeout(PATIENCE):
                await until(lambda: not self._untold(sent, since))
        except TimeoutError:
            raise AssertionError(f"not answered: {self._untold(sent, since)}") from None

    async def assert_unharmed(self) -> None:
        """All that was somebody's is as it was."""
        assert await self.ask_for_treasure() == self.treasure
        assert self.home.record.violations == []

    async def ask_for_treasure(self) -> list[Any]:
        """The states, places and settings of everybody but the stranger, and their messages."""
        stranger = int(ROBIN_ID)
        jobs = await self.ask(select(Job).where(Job.user_id != stranger).order_by(Job.id))
        images = select(StoredImage).where(StoredImage.job_id == self.done.id)
        favourites = select(Favourite).where(Favourite.user_id != stranger)
        defaults = select(UserDefaults).where(UserDefaults.user_id != stranger)
        artifacts = select(StoredArtifact).where(StoredArtifact.owner_id != stranger)
        shown = [self.channel.messages[str(job.placeholder_id)] for job in jobs]
        return [
            [(job.id, job.state) for job in jobs],
            [(image.index, image.message_id) for image in await self.ask(images)],
            [(it.job_id, it.index) for it in await self.ask(favourites)],
            [it.options for it in await self.ask(defaults)],
            [it.options for it in await self.ask(select(GuildDefaults))],
            [it.body for it in await self.ask(select(Draft).where(Draft.user_id != stranger))],
            [(it.name, it.is_public, it.share_code) for it in await self.ask(artifacts)],
            [(it.artifact_id, it.guild_id) for it in await self.ask(select(GuildShare))],
            [(it.content, it.components, len(it.attachments)) for it in shown],
        ]

    async def ask(self, statement: Select[Any]) -> Sequence[Any]:
        async with self.database.reading() as session:
            return (await session.scalars(statement)).all()

    def fill(self, text: str) -> str:
        """A text with the ids of somebody's jobs in place of what stands for them."""
        for name in ("done", "running", "draft", "artifact"):
            text = text.replace(f"<{name}>", getattr(self, name).id)
        return text

    def _with_files(self, call: Call) -> Json:
        """What is sent of a call, with the stranger's files that it names."""
        resolver = self.home.person("robin").resolver(self.channel)
        files = self.files
        data = call.data(
            self.fill,
            lambda number: resolver.add(ATTACHMENT, files[number % len(files)], "picture"),
        )
        return data | ({"resolved": resolver.resolved} if resolver.resolved else {})

    def _start_presses(self, mutants: Sequence[Press | Choice]) -> Iterator[Interaction]:
        """Discord shows components only if their application sent them: so it did, long ago."""
        ids = {it: self.fill(it.custom_id) for it in mutants}
        for buttons in in_groups([it for it in ids if isinstance(it, Press)], BUTTONS):
            message = self._post(
                {"type": BUTTON, "style": 2, "label": "press me", "custom_id": ids[it]}
                for it in buttons
            )
            for it in buttons:
                data = {"custom_id": ids[it], "component_type": BUTTON}
                yield self._start(Kind.COMPONENT, data, source_id=message.id)
        for selects in in_groups([it for it in ids if isinstance(it, Choice)], SELECTS):
            option = {"label": "choose me", "value": "me"}
            message = self._post(
                {"type": SELECT, "custom_id": ids[it], "options": [option]} for it in selects
            )
            for one in selects:
                values = [self.fill(one.value)]
                data = {"custom_id": ids[one], "component_type": SELECT, "values": values}
                yield self._start(Kind.COMPONENT, data, source_id=message.id)

    def _post(self, components: Iterable[Json]) -> Message:
        all_of_them = list(components)
        width = 1 if all_of_them[0]["type"] == SELECT else 5
        rows = [{"type": 1, "components": list(row)} for row in in_groups(all_of_them, width)]
        form: MessageForm = parse(MessageForm, {"content": "press me", "components": rows})
        bot_id = self.home.world.bot.id
        origin = Origin(author_id=bot_id, application_id=bot_id)
        return self.home.messages.create(self.channel, form, [], origin)

    def _start(
        self,
        kind: Kind,
        data: Json,
        command_name: str | None = None,
        source_id: str | None = None,
    ) -> Interaction:
        opener = self.home.interactions.payloads.metadata(self.opener, is_followup=False)
        return self.home.interactions.start(
            kind,
            user_id=ROBIN_ID,
            channel=self.channel,
            data=data,
            owners={"0": GUILD_ID},
            command_name=command_name,
            source_id=source_id,
            triggered_by=opener if kind is Kind.MODAL else None,
        )

    def _untold(self, sent: Sequence[Interaction], since: int) -> list[Json]:
        """What the stranger has nothing to read about yet."""
        newest = takewhile(lambda it: int(it.id) > since, reversed(self.channel.messages.values()))
        told = {
            message.interaction["id"]
            for message in newest
            if message.interaction and not message.is_loading
        }
        return [
            each.data
            for each in sent
            if each.choices is None
            and each.modal is None
            and each.id not in told
            and not (each.was_updating and self._has_changed(each.source_id or ""))
        ]

    def _has_changed(self, message_id: str) -> bool:
        message = self.channel.messages.get(message_id)
        return message is None or message.edited_at is not None


def in_groups(all_of_them: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(all_of_them), size):
        yield all_of_them[start : start + size]


async def until(look: Callable[[], object]) -> None:
    while not look():  # noqa: ASYNC110 -- the bot tells nobody when it has said something
        await asyncio.sleep(LOOK_EVERY)
