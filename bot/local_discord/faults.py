"""Misbehaving on request: rate limits, server errors, slow files, as often as told."""

import asyncio
import re
from dataclasses import dataclass
from typing import Literal

from aiohttp import web

from bot.local_discord.forms.base import Form
from bot.local_discord.wire import Json, json_response


class FaultForm(Form):
    """What shall go wrong, for which requests, and how often."""

    kind: Literal["rate_limit", "cloudflare_ban", "status", "delay"]
    method: str = ".*"
    path: str = ".*"  # matched from the start, without /api/v10
    times: int = 1
    retry_after: float = 0.1  # seconds
    is_global: bool = False
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

    async def strike(self, method: str, path: str) -> web.Response | None:
        """The answer that a fault puts in the place of the real one, if any fits."""
        for fault in self.waiting:
            if fault.left > 0 and fault.fits(method, path):
                fault.left -= 1
                if fault.form.kind == "delay":
                    await asyncio.sleep(fault.form.seconds)
                    continue
                return broken(fault.form)
        return None


def broken(fault: FaultForm) -> web.Response:
    if fault.kind == "status":
        return web.Response(status=fault.status, text="the upstream did not answer")
    if fault.kind == "cloudflare_ban":
        # No Via header: not Discord speaks here but the wall before it.
        return web.Response(status=429, text="error code: 1015")
    body: Json = {
        "message": "You are being rate limited.",
        "retry_after": fault.retry_after,
        "global": fault.is_global,
    }
    response = json_response(body, status=429)
    response.headers["Via"] = "1.1 google"
    response.headers["Retry-After"] = str(max(1, round(fault.retry_after)))
    response.headers["X-RateLimit-Scope"] = "global" if fault.is_global else "user"
    if fault.is_global:
        response.headers["X-RateLimit-Global"] = "true"
    return response
