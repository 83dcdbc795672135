"""A local Discord in the test's own loop, a raw client for its REST and gateway, and a fair judge.

Where Discord's OpenAPI description is at hand (DISCORD_OPENAPI, or ../shared beside the
repository), everything that these tests send and receive is checked against it; so is every
gateway frame against npm's types, once tests/gateway_types.py has made a schema of them.
"""

import io
import json
import os
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.local_discord.assembly import LocalDiscord, assemble
from bot.local_discord.director import Director
from bot.local_discord.frame_schema import FrameSchema
from bot.local_discord.interactions.interaction import Interaction
from bot.local_discord.newcomer import APPLICATION_ID, CHANNEL_ID, make_token
from bot.local_discord.openapi import OpenApi
from bot.local_discord.person import Person
from bot.local_discord.server import serving
from bot.local_discord.wire import Json
from tests.conftest import ROOT
from tests.gateway_types import cached_schema

TOKEN = make_token(APPLICATION_ID)
MESSAGES = f"/channels/{CHANNEL_ID}/messages"
COMMANDS = f"/applications/{APPLICATION_ID}/commands"
PAINT: Json = {
    "name": "paint",
    "description": "Paint a picture",
    "options": [
        {"type": 3, "name": "prompt", "description": "what", "required": True, "max_length": 100},
        {"type": 4, "name": "steps", "description": "how", "min_value": 1, "max_value": 50},
        {
            "type": 3,
            "name": "size",
            "description": "shape",
            "choices": [{"name": "Square", "value": "1:1"}],
        },
        {"type": 3, "name": "sampler", "description": "method", "autocomplete": True},
        {"type": 11, "name": "image", "description": "from"},
    ],
}


def description_path() -> Path:
    default = ROOT.parent / "shared" / "discord-openapi.json"
    return Path(os.environ.get("DISCORD_OPENAPI", default))


@pytest.fixture(scope="session")
def description() -> OpenApi | None:
    path = description_path()
    return OpenApi.read(path) if path.exists() else None


@pytest.fixture(scope="session")
def frames() -> FrameSchema | None:
    path = cached_schema()
    return FrameSchema.read(path) if path else None


@dataclass
class Answer:
    """A REST answer, and Discord's error code in it."""

    status: int
    body: Any
    headers: Any

    @property
    def refusal(self) -> tuple[int, int]:
        return self.status, self.body["code"]

    def errors_at(self, *path: str) -> list[str]:
        """The codes of the 50035 tree at one place."""
        assert self.refusal == (400, 50035), self.body
        node = self.body["errors"]
        for part in path:
            node = node[part]
        return [error["code"] for error in node["_errors"]]


class Gateway:
    """A raw gateway client that hides nothing but the compression."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.inflater = zlib.decompressobj()

    async def send(self, op: int, data: object) -> None:
        await self.socket.send_str(json.dumps({"op": op, "d": data}))

    async def receive(self) -> Json:
        message = await self.socket.receive(timeout=5)
        if message.type is aiohttp.WSMsgType.BINARY:
            frame: Json = json.loads(self.inflater.decompress(message.data))
            return frame
        assert message.type is aiohttp.WSMsgType.TEXT, message
        text: Json = json.loads(message.data)
        return text

    async def until(self, event: str) -> Json:
        """The next dispatch of an event."""
        while True:
            frame = await self.receive()
            if frame["t"] == event:
                return frame

    async def identify(self, *, intents: int = 1 | 1 << 9 | 1 << 12, **more: object) -> Json:
        hello = await self.receive()
        assert hello["op"] == 10
        await self.send(2, {"token": TOKEN, "intents": intents, "properties": {}} | more)
        return await self.until("READY")

    async def greeted(self, **more: Any) -> Json:
        """READY, with the number of the last event after every server has been told."""
        ready = await self.identify(**more)
        for _ in ready["d"]["guilds"]:
            last = await self.until("GUILD_CREATE")
        return ready | {"s": last["s"]}

    async def close_code(self) -> int | None:
        """The code with which the server closes, whatever it says before."""
        while not self.socket.closed:
            await self.socket.receive(timeout=5)
        return self.socket.close_code


class Line:
    """Everything a bot can reach of the local Discord, without a library in between."""

    def __init__(self, discord: LocalDiscord, url: str, session: aiohttp.ClientSession) -> None:
        self.discord = discord
        self.url = url
        self.session = session

    async def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        files: dict[str, bytes] | None = None,
        token: str | None = f"Bot {TOKEN}",
    ) -> Answer:
        headers = {"Authorization": token} if token else {}
        kwargs: Json = {} if body is None else {"json": body}
        if files is not None:
            form = aiohttp.FormData(quote_fields=False)
            form.add_field("payload_json", json.dumps(body), content_type="application/json")
            for index, (name, data) in enumerate(files.items()):
                form.add_field(f"files[{index}]", io.BytesIO(data), filename=name)
            kwargs = {"data": form}
        url = f"{self.url}/api/v10{path}"
        async with self.session.request(method, url, headers=headers, **kwargs) as response:
            is_json = response.content_type == "application/json"
            answer = await (response.json() if is_json else response.text())
            return Answer(response.status, answer, response.headers)

    @asynccontextmanager
    async def gateway(self, query: str = "v=10&encoding=json") -> AsyncIterator[Gateway]:
        async with self.session.ws_connect(f"{self.url}/gateway/?{query}") as socket:
            yield Gateway(socket)

    async def started(self, **values: Any) -> Interaction:
        """A person's /paint, registered first, of which the test holds id and token."""
        await self.call("PUT", COMMANDS, [PAINT])
        person = self.discord.person("you")
        return person.call(CHANNEL_ID, "paint", {"prompt": "a red circle"} | values)

    async def pressed(self) -> Interaction:
        """A person's press of a button under the answer to a command."""
        command = await self.started()
        button = {"type": 2, "style": 1, "label": "Again", "custom_id": "again"}
        rows = [{"type": 1, "components": [button]}]
        await self.respond(command, {"type": 4, "data": {"content": "x", "components": rows}})
        assert command.original_id
        return self.discord.person("you").press(CHANNEL_ID, command.original_id, "again", None)

    async def respond(self, interaction: Interaction, body: object, **kwargs: Any) -> Answer:
        path = f"/interactions/{interaction.id}/{interaction.token}/callback?with_response=true"
        return await self.call("POST", path, body, token=None, **kwargs)

    async def follow(
        self,
        interaction: Interaction,
        method: str,
        path: str = "",
        body: object = None,
        **more: Any,
    ) -> Answer:
        """A call of the interaction's webhook; `path` begins at /messages."""
        url = f"/webhooks/{APPLICATION_ID}/{interaction.token}{path}"
        return await self.call(method, url, body, token=None, **more)


@asynccontextmanager
async def open_line(
    description: OpenApi | None, frames: FrameSchema | None = None
) -> AsyncIterator[Line]:
    """A local Discord; at its end, nothing that it said may have broken a description."""
    discord = assemble(TOKEN, description, frames)
    discord.clock.stop()
    discord.limits.scale = 0.0  # a raw client reads no headers
    async with (
        serving(discord, host="127.0.0.1", port=0) as url,
        aiohttp.ClientSession() as session,
    ):
        yield Line(discord, url, session)
        assert [one for one in discord.record.violations if one.kind != "request"] == []


@pytest.fixture
async def line(description: OpenApi | None, frames: FrameSchema | None) -> AsyncIterator[Line]:
    async with open_line(description, frames) as line:
        yield line


@pytest.fixture
async def you(line: Line) -> AsyncIterator[Person]:
    async with Person.at(line.url) as person:
        yield person


@pytest.fixture
async def robin(line: Line) -> AsyncIterator[Person]:
    async with Person.at(line.url, "robin") as person:
        yield person


@pytest.fixture
async def director(line: Line) -> AsyncIterator[Director]:
    async with Director.at(line.url) as found:
        yield found


@contextmanager
def pointed_at(line: Line) -> Iterator[None]:
    """discord.py pointed at a line as the bot points it: by addresses alone."""
    import discord
    from yarl import URL

    gateway = discord.gateway.DiscordWebSocket
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(discord.http.Route, "BASE", f"{line.url}/api/v10")
        patch.setattr(gateway, "DEFAULT_GATEWAY", URL(line.discord.greeting.gateway_url))
        patch.setattr(discord.asset.Asset, "BASE", f"{line.url}/cdn")
        yield
    assert line.discord.record.unknown_routes == []
    assert line.discord.record.violations == []


@pytest.fixture
def line_of_discord_py(line: Line) -> Iterator[Line]:
    """The same, for a bot on discord.py, which keeps to rate limits."""
    line.discord.limits.scale = 1.0
    with pointed_at(line):
        yield line
