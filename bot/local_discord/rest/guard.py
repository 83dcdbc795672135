"""What happens around every REST handler: faults, token, ids, body, schema, errors, record."""

import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from aiohttp import web

from bot.local_discord.assembly import DISCORD, LocalDiscord
from bot.local_discord.errors import DiscordError, InvalidFormBody, Unauthorized, UnknownRoute
from bot.local_discord.faults import banned, broken
from bot.local_discord.forms.base import refuse
from bot.local_discord.limits import USUAL, Window
from bot.local_discord.record import Answered, Violation
from bot.local_discord.uploads import MAX_BODY, Body, read_body
from bot.local_discord.wire import json_response

logger = logging.getLogger(__name__)

Handler: TypeAlias = Callable[[LocalDiscord, "Call"], Awaitable[web.Response]]

API = "/api/v10"
BESIDE_FILE = 2**20  # bytes for what a body holds beside its largest file
BODIES = {"POST", "PUT", "PATCH"}
# What has buckets of its own: a channel, a server, a webhook with its token.
PLACES = {"channel_id", "guild_id", "webhook_id", "webhook_token"}


@dataclass(frozen=True)
class Call:
    """A request that has passed the guard."""

    request: web.Request
    body: Body

    def __getitem__(self, name: str) -> str:
        """A part of the path."""
        return self.request.match_info[name]

    def flag(self, name: str) -> bool:
        """A yes or no in the query."""
        return self.request.query.get(name, "").lower() in ("1", "true")


@dataclass(frozen=True)
class Route:
    """A route as Discord's description spells it, and who answers it."""

    method: str
    path: str
    handler: Handler
    # Interaction routes carry their own token in the path and need no other.
    needs_token: bool = True
    # Discord serves a few routes that its description does not have.
    is_described: bool = True
    window: Window | None = USUAL  # none: as often as one likes

    async def serve(self, request: web.Request) -> web.Response:
        discord = request.app[DISCORD]
        if discord.limits.is_banned():
            return banned()
        path = request.path.removeprefix(API)
        fault = await discord.faults.strike(self.method, path)
        if fault is None or fault.takes_effect:
            response = await self.answer(discord, request)
        if fault:
            response = broken(fault)
            discord.record.note(Answered(f"{self.method} {self.path}", response.status))
        discord.limits.note_answer(response.status, dict(response.headers))
        return response

    async def answer(self, discord: LocalDiscord, request: web.Request) -> web.Response:
        name = f"{self.method} {self.path}"
        headers: dict[str, str] = {}
        try:
            headers |= await self.admit(discord, request)
            response = await self.handle(discord, request)
            discord.record.note(Answered(name, response.status))
        except DiscordError as error:
            if isinstance(error, UnknownRoute):
                discord.record.unknown_routes.append(f"{name}: {error}")
                return json_response(error.body(), status=error.status)
            response = json_response(error.body(), status=error.status)
            headers |= error.headers()
            discord.record.note(Answered(name, error.status, error.code, str(error)))
        except Exception as error:
            # A fault of ours must not look like one of Discord's bad days.
            logger.exception("%s broke", name)
            discord.record.violations.append(Violation("answer", name, repr(error)))
            response = json_response(
                {"message": "500: Internal Server Error", "code": 0}, status=500
            )
            discord.record.note(Answered(name, 500, 0, repr(error)))
            return response
        response.headers.update(headers)
        self.check_answer(discord, response)
        return response

    async def admit(self, discord: LocalDiscord, request: web.Request) -> dict[str, str]:
        """What the answer says of the rate limit; who comes too often is told and goes."""
        places = [value for key, value in request.match_info.items() if key in PLACES]
        try:
            if self.needs_token:
                discord.limits.admit_globally()
            if self.window is None:
                return {}
            return discord.limits.admit(f"{self.method} {self.path}", places, self.window)
        except DiscordError:
            await read_body(request)
            raise

    async def handle(self, discord: LocalDiscord, request: web.Request) -> web.Response:
        if self.needs_token and request.headers.get("Authorization") != f"Bot {discord.token}":
            await read_body(request)
            raise Unauthorized
        check_ids(request)
        is_read = self.method in BODIES
        body = await read_body(request, most=room(discord, request)) if is_read else Body()
        self.check_request(discord, body)
        return await self.handler(discord, Call(request, body))

    def check_request(self, discord: LocalDiscord, body: Body) -> None:
        if discord.description is None or not self.is_described:
            return
        if body.payload is None and not body.files:
            return
        problems = discord.description.request_problems(self.method, self.path, body.payload)
        if problems:
            refusal = InvalidFormBody(problems)
            detail = json.dumps(refusal.body()["errors"])
            route = f"{self.method} {self.path}"
            discord.record.violations.append(Violation("request", route, detail))
            raise refusal

    def check_answer(self, discord: LocalDiscord, response: web.Response) -> None:
        if discord.description is None or not self.is_described:
            return
        body = response.body if isinstance(response.body, bytes) else b""
        payload = json.loads(body) if body else None
        problem = discord.description.answer_problem(
            self.method, self.path, response.status, payload
        )
        if problem:
            route = f"{self.method} {self.path} {response.status}"
            discord.record.violations.append(Violation("answer", route, problem))


def room(discord: LocalDiscord, request: web.Request) -> int:
    """How long a body may be: where members pay for larger files, one of those fits into it."""
    found = request.match_info
    channel = discord.world.channels.get(found.get("channel_id", ""))
    guild = discord.world.guild_of(channel) if channel else None
    token = found.get("interaction_token") or found.get("webhook_token") or ""
    interaction = discord.interactions.by_token.get(token)
    limits = [one.attachment_limit + BESIDE_FILE for one in (guild, interaction) if one]
    return max([MAX_BODY, *limits])


def check_ids(request: web.Request) -> None:
    for name, value in request.match_info.items():
        if name.endswith("_id") and not (value.isascii() and value.isdigit()):
            sentence = f'Value "{value}" is not snowflake.'
            raise InvalidFormBody([((name,), "NUMBER_TYPE_COERCE", sentence)])


def number(text: str | None, name: str, default: int) -> int:
    """A whole number in a query."""
    if text is None:
        return default
    if not text.isdigit():
        refuse(((name,), "NUMBER_TYPE_COERCE", f'Value "{text}" is not snowflake.'))
    return int(text)


async def unknown_route(request: web.Request) -> web.Response:
    """Says so, and remembers it by name: a test shall fail on what is not built here."""
    discord = request.app[DISCORD]
    discord.record.unknown_routes.append(f"{request.method} {request.path}")
    await read_body(request)
    error = UnknownRoute(f"The local Discord does not know {request.method} {request.path}.")
    return json_response(error.body(), status=error.status)
