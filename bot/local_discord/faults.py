"""Misbehaving on request: rate limits, server errors, slow and broken files, as often as told."""

import asyncio
import re
from dataclasses import dataclass
from typing import Literal

from aiohttp import web

from bot.local_discord.errors import RateLimited, Scope
from bot.local_discord.forms.base import Form
from bot.local_discord.wire import json_response

ANYTHING = r"/(?!cdn/)"  # of the REST API
OF_REQUESTS = {"rate_limit", "cloudflare_ban", "status"}
OF_FILES = {"truncate", "trickle"}


class FaultForm(Form):
    """What shall go wrong, for which requests, and how often.

    Files alone are truncated (half of one arrives) or trickle (it takes so many seconds).
    """

    kind: Literal["rate_limit", "cloudflare_ban", "status", "delay", "truncate", "trickle"]
    method: str = ".*"
    path: str = ANYTHING  # matched from the start, without /api/v10; files begin with /cdn/
    times: int = 1
    takes_effect: bool = False  # what was asked is done, and only the answer is lost
    retry_after: float = 0.1  # seconds
    scope: Scope = "user"  # of a rate limit
    status: int = 500
    seconds: float = 0.0


@dataclass
class Fault:
    """A fault and how often it is still to happen."""

    form: FaultForm
    left: int

    def fits(self, method: str, path: str) -> bool:
        wanted = self.form
        return bool(re.fullmatch(wanted.method, method) and re.match(wanted.path, path))


class Faults:
    """The faults that are waiting for their request."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def add(self, form: FaultForm) -> None:
        self.waiting.append(Fault(form, form.times))

    def clear(self) -> None:
        self.waiting.clear()

    async def strike(self, method: str, path: str) -> FaultForm | None:
        """What a request meets in the place of its answer, if anything; it may wait first."""
        if late := self.take(method, path, {"delay"}):
            await asyncio.sleep(late.seconds)
        return self.take(method, path, OF_REQUESTS)

    def take(self, method: str, path: str, kinds: set[str]) -> FaultForm | None:
        """The first fault of these kinds that fits, which thereby has happened once more."""
        for fault in self.waiting:
            if fault.left > 0 and fault.form.kind in kinds and fault.fits(method, path):
                fault.left -= 1
                return fault.form
        return None


def broken(fault: FaultForm) -> web.Response:
    if fault.kind == "status":
        return web.Response(status=fault.status, text="the upstream did not answer")
    if fault.kind == "cloudflare_ban":
        return banned()
    refusal = RateLimited(fault.retry_after, fault.scope)
    return json_response(refusal.body(), status=refusal.status, headers=refusal.headers())


def banned() -> web.Response:
    """No Via header: not Discord speaks here but the wall before it."""
    return web.Response(status=429, text="error code: 1015")
