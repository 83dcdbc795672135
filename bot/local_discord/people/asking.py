"""A person's request to the control API becomes one of their actions; a refusal, a sentence."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from aiohttp import web

from bot.local_discord.assembly import DISCORD, LocalDiscord
from bot.local_discord.errors import DiscordError
from bot.local_discord.interactions.refusals import Impossible
from bot.local_discord.people.actions import Actor
from bot.local_discord.uploads import Body, read_body
from bot.local_discord.wire import json_response

Action: TypeAlias = Callable[[LocalDiscord, Actor, Body, web.Request], Awaitable[Any]]

BASE = "/local/people/{person}"
CHANNEL = BASE + "/channels/{channel_id}"
MESSAGE = CHANNEL + "/messages/{message_id}"


def by_person(action: Action) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """A route that a person uses; what they cannot do comes back as one sentence."""

    async def handle(request: web.Request) -> web.StreamResponse:
        discord = request.app[DISCORD]
        try:
            body = await read_body(request)
            person = discord.person(request.match_info["person"])
            return json_response(await action(discord, person, body, request))
        except Impossible as refusal:
            return json_response({"message": str(refusal)}, status=400)
        except DiscordError as refusal:
            return json_response(refusal.body(), status=refusal.status)

    return handle
