"""What a person at the local Discord sees: places, commands and messages, as they change."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Self, TypeAlias, TypeVar

import aiohttp

from bot.local_discord.wire import Json

Found = TypeVar("Found")
MessageTest: TypeAlias = Callable[[Json], Any]

PATIENCE = 10.0  # seconds
GLANCE = 0.5  # seconds after which one looks again even if nothing seems to have happened


class Refused(Exception):
    """Discord's client would not let a person do this."""


class Onlooker:
    """One person before their client, who looks and listens."""

    def __init__(self, session: aiohttp.ClientSession, url: str, name: str) -> None:
        self.session = session
        self.url = url
        self.base = f"/local/people/{name}"
        self.happened = asyncio.Event()
        self.events: list[Json] = []  # all that this person saw happen, in order

    @classmethod
    @asynccontextmanager
    async def at(cls, url: str, name: str = "you") -> AsyncIterator[Self]:
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
        """A channel or thread by its name (the first server's first), or by its id."""
        around = await self.look_around()
        for guild in around["guilds"]:
            for channel in guild["channels"] + guild["threads"]:
                if channel["name"] == name:
                    return str(channel["id"])
        return name

    async def guild(self, name: str) -> Json:
        """A server this person is in, by its name or id."""
        guilds: list[Json] = (await self.look_around())["guilds"]
        for guild in guilds:
            if name in (guild["name"], guild["id"]):
                return guild
        raise Refused(f"There is no server {name} here.")

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
        """The message as it now stands, however many came after it."""
        just_after = int(message["id"]) + 1
        path = f"{self.base}/channels/{message['channel_id']}/messages"
        read = await self.ask("GET", f"{path}?limit=1&before={just_after}")
        for found in read["messages"]:
            if found["id"] == message["id"]:
                return dict(found)
        raise Refused("The message is gone.")

    async def read(self, attachment: Json) -> bytes:
        """A file's bytes, from the file server."""
        async with self.session.get(attachment["url"]) as response:
            response.raise_for_status()
            return await response.read()
