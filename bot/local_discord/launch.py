"""Starting the local Discord in a process of its own, and knowing where it listens.

async with launched() as place:
    ...  # place.url, place.rest_url, place.gateway_url, place.cdn_url, place.token
"""

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.local_discord.newcomer import APPLICATION_ID, make_token

START_TIME = 20.0  # seconds
STOP_TIME = 10.0  # seconds


@dataclass(frozen=True)
class Place:
    """Where a local Discord listens, and the token that it takes."""

    url: str
    token: str

    @property
    def rest_url(self) -> str:
        return f"{self.url}/api/v10"

    @property
    def gateway_url(self) -> str:
        return f"{self.url.replace('http', 'ws', 1)}/gateway"

    @property
    def cdn_url(self) -> str:
        return f"{self.url}/cdn"


class CouldNotStart(Exception):
    """The local Discord could not start."""


@asynccontextmanager
async def launched(
    *, port: int = 0, token: str | None = None, openapi: Path | None = None
) -> AsyncIterator[Place]:
    """A local Discord as a child process; it ends with the block."""
    token = token or make_token(APPLICATION_ID)
    command = [sys.executable, "-m", "bot.local_discord", "--port", str(port), "--token", token]
    if openapi:
        command += ["--openapi", str(openapi)]
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START_TIME):
            url = (await process.stdout.readline()).decode().strip()
        if not url:
            _, complaint = await process.communicate()
            raise CouldNotStart(complaint.decode().strip())
        yield Place(url, token)
    finally:
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(STOP_TIME):
            await process.communicate()
