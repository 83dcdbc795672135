"""A person at the local Discord, for tests: types commands, presses buttons, reads the answers.

    async with Person.at(url) as you:
        sent = await you.slash("imagine", prompt="a red circle", steps=20)
        message = await you.answer(sent, until=lambda message: message["attachments"])
        picture = await you.read(message["attachments"][0])
        sent = await you.press(message, "Again")

Messages are plain dictionaries in Discord's own shape. What Discord's client would not let a person
do (a required option missing, a disabled button) raises `Refused` with the reason.
"""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import aiohttp

from bot.local_discord.wire import Json

Found = TypeVar("Found")
MessageTest: TypeAlias = Callable[[Json], Any]

PATIENCE = 10.0  # seconds
GLANCE = 0.5  # seconds after which one looks again even if nothing seems to have happened


class Refused(Exception):
    """Discord's client would not let a person do this."""


class NotAnswered(Exception):
    """The application did not respond"""


@dataclass(frozen=True)
class File:
    """A file for an attachment option, a modal's upload, or a written message."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Sent:
    """An interaction on its way; `Person.answer` and `Person.modal` wait for what comes of it."""

    id: str
    channel_id: str


class Person:
    """One person before their client."""

    def __init__(self, session: aiohttp.ClientSession, url: str, name: str) -> None:
        self.session = session
        self.url = url
        self.base = f"/local/people/{name}"
        self.happened = asyncio.Event()
        self.events: list[Json] = []  # all that this person saw happen, in order

    @classmethod
    @asynccontextmanager
    async def at(cls, url: str, name: str = "you") -> AsyncIterator["Person"]:
        """A person at the local Discord with this URL, watching from now on."""
        async with aiohttp.ClientSession() as session:
            person = cls(session, url, name)
            watching = asyncio.create_task(person.watch())
            await person.until(lambda: asyncio.sleep(0, bool(person.events)))
            try:
                yield person
            finally:
                watching.cancel()
                with suppress(asyncio.CancelledError):
                    await watching

    async def watch(self) -> None:
        no_limit = aiohttp.ClientTimeout(total=None)
        async with self.session.get(f"{self.url}{self.base}/events", timeout=no_limit) as response:
            async for line in response.content:
                if line.startswith(b"data: "):
                    self.events.append(json.loads(line[6:]))
                    self.happened.set()

    async def ask(self, method: str, path: str, **kwargs: Any) -> Any:
        async with self.session.request(method, f"{self.url}{path}", **kwargs) as response:
            answer = await response.json()
            if response.status >= 400:
                raise Refused(answer["message"])
            return answer

    async def until(
        self, look: Callable[[], Awaitable[Found | None]], patience: float = PATIENCE
    ) -> Found:
        """What `look` finds, looked for again whenever something happens."""
        async with asyncio.timeout(patience):
            while True:
                self.happened.clear()
                if found := await look():
                    return found
                with suppress(TimeoutError):
                    async with asyncio.timeout(GLANCE):
                        await self.happened.wait()

    async def look_around(self) -> Json:
        """Oneself, the servers with their channels, the private conversations."""
        around: Json = await self.ask("GET", self.base)
        return around

    async def channel_id(self, name: str) -> str:
        """A channel by its name, or by its id."""
        around = await self.look_around()
        channels = [channel for guild in around["guilds"] for channel in guild["channels"]]
        names = {channel["name"]: channel["id"] for channel in channels}
        return str(names.get(name, name))

    async def open_dm(self) -> str:
        """The id of the private channel with the bot."""
        return str((await self.ask("POST", f"{self.base}/dm"))["id"])

    async def commands(self, channel: str = "imagine") -> list[Json]:
        """The commands that can be used in a channel."""
        path = f"{self.base}/channels/{await self.channel_id(channel)}/commands"
        listed: list[Json] = await self.ask("GET", path)
        return listed

    async def wait_for_command(self, name: str, channel: str = "imagine") -> Json:
        """A command, once the bot has registered it."""

        async def look() -> Json | None:
            found = [one for one in await self.commands(channel) if one["name"] == name]
            return found[0] if found else None

        return await self.until(look)

    async def slash(self, name: str, /, *, channel: str = "imagine", **options: Any) -> Sent:
        """Sends a slash command (`"train start"` for a subcommand); files may be options."""
        channel_id = await self.channel_id(channel)
        values = {key: await self.value(channel_id, value) for key, value in options.items()}
        body = {"channel_id": channel_id, "name": name, "values": values}
        return await self.send("calls", body)

    async def suggestions(
        self, name: str, option: str, typed: str = "", /, *, channel: str = "imagine", **others: Any
    ) -> list[Json]:
        """What the bot suggests while an option is typed: a list of `{name, value}`."""
        body = {
            "channel_id": await self.channel_id(channel),
            "name": name,
            "values": others | {option: typed},
            "focused": option,
        }
        answer = await self.ask("POST", f"{self.base}/autocomplete", json=body)
        if not answer["answered"]:
            raise NotAnswered(NotAnswered.__doc__)
        choices: list[Json] = answer["choices"]
        return choices

    async def menu(self, name: str, message: Json) -> Sent:
        """Uses an entry of a message's menu."""
        where = {"channel_id": message["channel_id"], "message_id": message["id"]}
        return await self.send("menus", where | {"name": name})

    async def press(self, message: Json, label: str) -> Sent:
        """Presses a button, named by its label or custom_id, as the message now stands."""
        custom_id = find_component(await self.reread(message), label)["custom_id"]
        where = {"channel_id": message["channel_id"], "message_id": message["id"]}
        return await self.send("presses", where | {"custom_id": custom_id})

    async def choose(self, message: Json, select: str, *values: str) -> Sent:
        """Chooses in a select, named by its placeholder or custom_id."""
        custom_id = find_component(await self.reread(message), select)["custom_id"]
        where = {"channel_id": message["channel_id"], "message_id": message["id"]}
        return await self.send("presses", where | {"custom_id": custom_id, "values": list(values)})

    async def modal(self, sent: Sent, *, patience: float = PATIENCE) -> Json:
        """The modal that an interaction opens."""

        async def look() -> Json | None:
            modal: Json | None = (await self.state(sent))["modal"]
            return modal

        return await self.until(look, patience)

    async def submit(self, sent: Sent, values: Json) -> Sent:
        """Fills in the modal that an interaction opened: values by custom_id."""
        filled = {key: await self.value(sent.channel_id, value) for key, value in values.items()}
        return await self.send("modals", {"interaction_id": sent.id, "values": filled})

    async def answer(
        self, sent: Sent, *, until: MessageTest = bool, patience: float = PATIENCE
    ) -> Json:
        """The message an interaction led to, once it is as wished; `NotAnswered` if never."""

        async def look() -> Json | None:
            state = await self.state(sent)
            message_id = state["response_message_id"]
            if message_id is None and state["state"] == "answered":
                message_id = state["source_id"]
            messages = await self.messages(sent.channel_id) if message_id else []
            found = [one for one in messages if one["id"] == message_id and until(one)]
            return found[0] if found else None

        return await self.until(look, patience)

    async def wait_for_message(
        self, wanted: MessageTest, *, channel: str = "imagine", patience: float = PATIENCE
    ) -> Json:
        """The newest message in a channel that is as wished, now or soon."""

        async def look() -> Json | None:
            found = [one for one in await self.messages(channel) if wanted(one)]
            return found[-1] if found else None

        return await self.until(look, patience)

    async def messages(self, channel: str = "imagine") -> list[Json]:
        """A channel's messages as this person sees them, oldest first."""
        path = f"{self.base}/channels/{await self.channel_id(channel)}/messages?limit=100"
        messages: list[Json] = (await self.ask("GET", path))["messages"]
        return messages

    async def reread(self, message: Json) -> Json:
        """The message as it now stands."""
        messages = await self.messages(message["channel_id"])
        found = [one for one in messages if one["id"] == message["id"]]
        if not found:
            raise Refused("The message is gone.")
        return found[0]

    async def write(
        self,
        text: str,
        *,
        channel: str = "imagine",
        files: Sequence[File] = (),
        reply_to: Json | None = None,
    ) -> Json:
        """Writes an ordinary message."""
        body = {"channel_id": await self.channel_id(channel), "text": text}
        if reply_to:
            body["reply_to"] = reply_to["id"]
        path = f"{self.base}/messages"
        message: Json = await self.ask("POST", path, data=form(body, files))
        return message

    async def read(self, attachment: Json) -> bytes:
        """A file's bytes, from the file server."""
        async with self.session.get(attachment["url"]) as response:
            response.raise_for_status()
            return await response.read()

    async def state(self, sent: Sent) -> Json:
        """How far an interaction has come; `NotAnswered` if the bot let its time pass."""
        state: Json = await self.ask("GET", f"/local/interactions/{sent.id}")
        if state["state"] == "failed":
            raise NotAnswered(NotAnswered.__doc__)
        return state

    async def value(self, channel_id: str, value: Any) -> Any:
        """A value to fill in; a file is uploaded first and then named by its id."""
        if isinstance(value, File):
            body = form({"channel_id": channel_id}, [value])
            return (await self.ask("POST", f"{self.base}/attachments", data=body))["id"]
        if isinstance(value, list):
            return [await self.value(channel_id, one) for one in value]
        return value

    async def send(self, path: str, body: Json) -> Sent:
        view = await self.ask("POST", f"{self.base}/{path}", json=body)
        return Sent(view["id"], view["channel_id"])


def form(body: Json, files: Sequence[File]) -> aiohttp.FormData:
    data = aiohttp.FormData(quote_fields=False)
    data.add_field("payload_json", json.dumps(body), content_type="application/json")
    for index, file in enumerate(files):
        data.add_field(f"files[{index}]", io.BytesIO(file.data), filename=file.name)
    return data


def find_component(message: Json, name: str) -> Json:
    """A button or select by label, placeholder or custom_id."""
    for component in components_of(message["components"]):
        if name in (component.get(key) for key in ("label", "placeholder", "custom_id")):
            return component
    raise Refused(f"The message has nothing called {name}.")


def components_of(blocks: Sequence[Json]) -> list[Json]:
    """All components, however deep they stand."""
    found: list[Json] = []
    for block in blocks:
        inner = block.get("components", []) + ([block["accessory"]] if "accessory" in block else [])
        found += [block, *components_of(inner)]
    return found
