"""The director of the local Discord, for tests: clock, faults, gateway, limits, and the record.

async with Director.at(url) as director:
    await director.rate_limit("/channels/", times=2)
    await director.advance(16 * 60)
    assert (await director.record())["unknown_routes"] == []
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

import aiohttp

from bot.local_discord.builder import Builder
from bot.local_discord.faults import ANYTHING
from bot.local_discord.onlooker import PATIENCE
from bot.local_discord.person import Sent
from bot.local_discord.wire import Json


class Director(Builder):
    """Brings about what Discord does only on a bad day, and builds the place where it happens."""

    @classmethod
    @asynccontextmanager
    async def at(cls, url: str) -> AsyncIterator[Self]:
        async with aiohttp.ClientSession() as session:
            yield cls(session, url)

    async def record(self) -> Json:
        """`unknown_routes`, `violations`, `requests`, and the `shards` that are connected."""
        return await self.ask("GET", "record")

    async def forget(self) -> None:
        """Empties the record."""
        await self.ask("DELETE", "record")

    async def advance(self, seconds: float) -> None:
        """Moves the server's clock."""
        await self.ask("POST", "clock", {"seconds": seconds})

    async def stop_clock(self) -> None:
        """Stops the server's clock: on a busy machine nobody is late unless `advance` says so."""
        await self.ask("POST", "clock", {"is_stopped": True})

    async def rate_limit(
        self, path: str = ANYTHING, *, times: int = 1, retry_after: float = 0.1, **more: Any
    ) -> None:
        """The next requests whose path begins like this pattern get 429 and are to come again."""
        fault = {"kind": "rate_limit", "path": path, "times": times, "retry_after": retry_after}
        await self.ask("POST", "faults", fault | more)

    async def scale_rate_limits(self, scale: float) -> None:
        """How long the windows of rate limits are, compared with Discord's; at 0 there are none."""
        await self.ask("PATCH", "limits", {"scale": scale})

    async def ban(self, path: str = ANYTHING, *, times: int = 1) -> None:
        """429 without a Via header, as from the wall before Discord."""
        await self.ask("POST", "faults", {"kind": "cloudflare_ban", "path": path, "times": times})

    async def fail(self, status: int, path: str = ANYTHING, *, times: int = 1, **more: Any) -> None:
        """The next requests whose path begins like this pattern fail with a status.

        With `takes_effect=True` what they asked is done all the same, and only the answer is lost.
        """
        fault = {"kind": "status", "status": status, "path": path, "times": times}
        await self.ask("POST", "faults", fault | more)

    async def delay(self, seconds: float, path: str = ANYTHING, *, times: int = 1) -> None:
        """The next requests whose path begins like this pattern are answered late."""
        fault = {"kind": "delay", "seconds": seconds, "path": path, "times": times}
        await self.ask("POST", "faults", fault)

    async def truncate_files(self, *, times: int = 1) -> None:
        """Of the next files only half arrives, and the line is cut."""
        await self.ask("POST", "faults", {"kind": "truncate", "path": "/cdn/", "times": times})

    async def slow_files(self, seconds: float, *, times: int = 1) -> None:
        """The next files take so long to arrive."""
        fault = {"kind": "trickle", "seconds": seconds, "path": "/cdn/", "times": times}
        await self.ask("POST", "faults", fault)

    async def clear_faults(self) -> None:
        await self.ask("DELETE", "faults")

    async def drop_gateway(self) -> None:
        """Cuts every gateway connection; sessions can be resumed."""
        await self.ask("POST", "gateway", {"action": "drop"})

    async def ask_to_reconnect(self) -> None:
        """Op 7."""
        await self.ask("POST", "gateway", {"action": "reconnect"})

    async def invalidate_sessions(self, *, is_resumable: bool = False) -> None:
        """Op 9."""
        await self.ask("POST", "gateway", {"action": "invalidate", "is_resumable": is_resumable})

    async def ask_for_heartbeat(self) -> None:
        """Op 1: every client is to send a heartbeat at once."""
        await self.ask("POST", "gateway", {"action": "heartbeat"})

    async def limit_starts(self, **limits: float) -> None:
        """`num_a_day`, `num_shards`, `max_concurrency`, `pause`: how sessions may begin."""
        await self.ask("PATCH", "gateway/limits", limits)

    async def revoke(self, sent: Sent) -> None:
        """An interaction's token dies now."""
        await self.ask("DELETE", f"interactions/{sent.id}/token")

    async def grant_privileged_intents(self, flags: int) -> None:
        """The application's flags, among them those that allow privileged intents."""
        await self.ask("PATCH", "application", {"flags": flags})

    async def delete_message(self, message: Json) -> None:
        """A message goes, as if a moderator had deleted it."""
        await self.ask("DELETE", f"channels/{message['channel_id']}/messages/{message['id']}")

    async def wait_until_online(self, *, patience: float = PATIENCE) -> None:
        """Returns once the bot is on the gateway."""
        async with asyncio.timeout(patience):
            while True:
                if (await self.record())["shards"]:
                    return
                await asyncio.sleep(0.02)
