"""Routes that carry an interaction's token instead of the bot's: callback and webhooks."""

from aiohttp import web

from bot.local_discord.assembly import LocalDiscord
from bot.local_discord.interactions.followups import ORIGINAL
from bot.local_discord.interactions.interaction import Interaction
from bot.local_discord.limits import Window
from bot.local_discord.rest.guard import Call, Route
from bot.local_discord.wire import json_response


async def respond(discord: LocalDiscord, call: Call) -> web.Response:
    interaction = discord.interactions.to_respond(call["interaction_id"], call["interaction_token"])
    message = discord.responses.respond(interaction, call.body.payload, call.body.files)
    if call.flag("with_response"):
        return json_response(discord.responses.receipt(interaction, message))
    return web.Response(status=204)


def behind(discord: LocalDiscord, call: Call) -> Interaction:
    return discord.interactions.to_follow_up(call["webhook_id"], call["webhook_token"])


def message_id(call: Call) -> str:
    return call.request.match_info.get("message_id", ORIGINAL)


async def follow_up(discord: LocalDiscord, call: Call) -> web.Response:
    # `wait` is always true for an interaction's webhook, whatever the query says.
    message = discord.follow_ups.send(behind(discord, call), call.body.payload, call.body.files)
    return json_response(discord.message_payloads.message(message))


async def get_message(discord: LocalDiscord, call: Call) -> web.Response:
    message = discord.follow_ups.find(behind(discord, call), message_id(call))
    return json_response(discord.message_payloads.message(message))


async def edit_message(discord: LocalDiscord, call: Call) -> web.Response:
    message = discord.follow_ups.edit(
        behind(discord, call), message_id(call), call.body.payload, call.body.files
    )
    return json_response(discord.message_payloads.message(message))


async def delete_message(discord: LocalDiscord, call: Call) -> web.Response:
    discord.follow_ups.delete(behind(discord, call), message_id(call))
    return web.Response(status=204)


WRITING = Window(5, 2.0)
WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}"
ROUTES = [
    Route(
        "POST",
        "/interactions/{interaction_id}/{interaction_token}/callback",
        respond,
        needs_token=False,
        window=None,
    ),
    Route("POST", WEBHOOK, follow_up, needs_token=False, window=WRITING),
    *(
        route
        for path in (WEBHOOK + "/messages/@original", WEBHOOK + "/messages/{message_id}")
        for route in (
            Route("GET", path, get_message, needs_token=False, window=WRITING),
            Route("PATCH", path, edit_message, needs_token=False, window=WRITING),
            Route("DELETE", path, delete_message, needs_token=False, window=WRITING),
        )
    ),
]
