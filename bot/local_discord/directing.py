"""The control API's routes for directors: clock, faults, gateway, limits, and the record.

Tests use these to bring about what Discord does only on a bad day.
"""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from typing import Annotated, Any, Literal, TypeAlias

from aiohttp import web
from pydantic import Field

from bot.local_discord.assembly import DISCORD, LocalDiscord
from bot.local_discord.errors import DiscordError
from bot.local_discord.faults import FaultForm
from bot.local_discord.forms.base import Form, parse
from bot.local_discord.gateway.protocol import Op
from bot.local_discord.unknown import UnknownInteraction
from bot.local_discord.uploads import read_body
from bot.local_discord.wire import Json, json_response

Scene: TypeAlias = Callable[[LocalDiscord, Any, web.Request], Json]


class ClockForm(Form):
    seconds: float = 0.0
    is_stopped: bool = False


class GatewayForm(Form):
    """`drop` cuts the line, `reconnect` is op 7, `invalidate` forgets the session (op 9).

    `heartbeat` asks for one at once (op 1).
    """

    action: Literal["drop", "reconnect", "invalidate", "heartbeat"]
    is_resumable: bool = False


class StartLimitsForm(Form):
    """What is left out stays as it is."""

    num_a_day: Annotated[int, Field(ge=0)] | None = None
    num_shards: Annotated[int, Field(ge=1)] | None = None
    max_concurrency: Annotated[int, Field(ge=1)] | None = None
    pause: Annotated[float, Field(ge=0)] | None = None


class RateLimitsForm(Form):
    scale: Annotated[float, Field(ge=0)]


class ApplicationFormBody(Form):
    flags: int


def directed(scene: Scene) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        try:
            body = await read_body(request)
            discord = request.app[DISCORD]
            return json_response(scene(discord, body.payload or {}, request))
        except DiscordError as refusal:
            return json_response(refusal.body(), status=refusal.status)

    return handle


def show_record(discord: LocalDiscord, body: Any, request: web.Request) -> Json:
    connected = discord.sessions.connected()
    return discord.record.view() | {
        "is_checked_against_openapi": discord.description is not None,
        "is_checked_against_types": discord.sessions.description is not None,
        "shards": [list(session.shard) for session in connected],
    }


def forget_record(discord: LocalDiscord, body: Any, request: web.Request) -> Json:
    discord.record.forget()
    return {}


def set_clock(discord: LocalDiscord, body: Any, request: web.Request) -> Json:
    form: ClockForm = parse(ClockForm, body)
    discord.clock.advance(form.seconds)
    if form.is_stopped:
        discord.clock.stop()
    discord.notice_time()
    return {"now": discord.clock.now()}


def add_fault(discord: LocalDiscord, body: Any, request: web.Request) -> Json:
    form: FaultForm = parse(FaultForm, body)
    discord.faults.add(form)
    return {}


def clear_faults(discord: LocalDiscord, body: Any, request: web.Request) -> Json:
    discord.faults.clear()
    return {}


def disturb_gateway(discord: LocalDiscord, body: Any, request: web.Request) -> Json:
    form: GatewayForm = parse(GatewayForm, body)
    for session in discord.sessions.connected():
        assert session.connection is not None
        if form.action == "reconnect":
            session.connection.send(Op.RECONNECT)
        elif form.action == "heartbeat":
            session.connection.send(Op.HEARTBEAT)
        elif form.action == "drop":
            session.connection.break_off()
        else:
            if not form.is_resumable:
                discord.sessions.end(session)
            session.connection.send(Op.INVALID_SESSION, form.is_resumable)
    return {}


def limit_starts(discord: LocalDiscord, body: Any, request: web.Request) -> Json:
    """How the bot may begin sessions on the gateway."""
    form: StartLimitsForm = parse(StartLimitsForm, body)
    starts = discord.sessions.starts
    starts.limits = replace(starts.limits, **form.model_dump(exclude_none=True))
    return asdict(starts.limits)


def scale_rate_limits(discord: LocalDiscord, body: Any, request: web.Request) -> Json:
    """How long the windows of rate limits are, compared with Discord's; at 0 there are none."""
    form: RateLimitsForm = parse(RateLimitsForm, body)
    discord.limits.scale = form.scale
    discord.limits.buckets.clear()
    return {}


def show_interaction(discord: LocalDiscord, body: Any, request: web.Request) -> Json:
    interaction = discord.interactions.by_id.get(request.match_info["interaction_id"])
    if interaction is None:
        raise UnknownInteraction
    return interaction.view()


def revoke_token(discord: LocalDiscord, body: Any, request: web.Request) -> Json:
    """An interaction's token dies before its time."""
    interaction = discord.interactions.by_id.get(request.match_info["interaction_id"])
    if interaction is None:
        raise UnknownInteraction
    interaction.is_revoked = True
    return {}


def change_application(discord: LocalDiscord, body: Any, request: web.Request) -> Json:
    form: ApplicationFormBody = parse(ApplicationFormBody, body)
    discord.world.application.flags = form.flags
    return {}


def delete_message(discord: LocalDiscord, body: Any, request: web.Request) -> Json:
    """A message goes, as if a moderator had deleted it."""
    found = request.match_info
    discord.messages.delete(discord.world.message(found["channel_id"], found["message_id"]))
    return {}


def directing_routes() -> list[web.RouteDef]:
    return [
        web.get("/local/record", directed(show_record)),
        web.delete("/local/record", directed(forget_record)),
        web.post("/local/clock", directed(set_clock)),
        web.post("/local/faults", directed(add_fault)),
        web.delete("/local/faults", directed(clear_faults)),
        web.post("/local/gateway", directed(disturb_gateway)),
        web.patch("/local/gateway/limits", directed(limit_starts)),
        web.patch("/local/limits", directed(scale_rate_limits)),
        web.get("/local/interactions/{interaction_id}", directed(show_interaction)),
        web.delete("/local/interactions/{interaction_id}/token", directed(revoke_token)),
        web.patch("/local/application", directed(change_application)),
        web.delete("/local/channels/{channel_id}/messages/{message_id}", directed(delete_message)),
    ]
