"""Routes of pins, the present ones and those that older libraries still use."""

from datetime import datetime

from aiohttp import web

from bot.local_discord import permissions
from bot.local_discord.assembly import LocalDiscord
from bot.local_discord.clock import iso
from bot.local_discord.errors import InvalidFormBody
from bot.local_discord.forms.base import refuse
from bot.local_discord.message import Message
from bot.local_discord.rest.channels import as_bot_reads, bots_message, open_channel
from bot.local_discord.rest.guard import Call, Route, number
from bot.local_discord.wire import json_response

MOST_PINS = 50  # in one answer


def readable(discord: LocalDiscord, call: Call) -> list[Message]:
    channel = open_channel(discord, call["channel_id"], permissions.READ_MESSAGE_HISTORY)
    return discord.pins.pinned(channel)


async def list_pins(discord: LocalDiscord, call: Call) -> web.Response:
    query = call.request.query
    limit = number(query.get("limit"), "limit", MOST_PINS)
    if not 1 <= limit <= MOST_PINS:
        sentence = f"int value should be from 1 to {MOST_PINS}."
        refuse((("limit",), "NUMBER_TYPE_MAX" if limit > 1 else "NUMBER_TYPE_MIN", sentence))
    before = moment(query["before"]) if "before" in query else None
    # As the client was told them: the clock is finer than a timestamp.
    told = [(iso(one.pinned_at or 0.0), one) for one in readable(discord, call)]
    older = [(at, one) for at, one in told if before is None or moment(at) < before]
    items = [{"pinned_at": at, "message": as_bot_reads(discord, one)} for at, one in older[:limit]]
    return json_response({"items": items, "has_more": len(older) > limit})


def moment(text: str) -> datetime:
    try:
        # In a query a plus sign arrives as a space.
        return datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise InvalidFormBody(
            [(("before",), "DATE_TIME_TYPE_PARSE", f"Could not parse {text}.")]
        ) from None


async def list_messages(discord: LocalDiscord, call: Call) -> web.Response:
    newest = readable(discord, call)[:MOST_PINS]
    return json_response([as_bot_reads(discord, one) for one in newest])


def pinnable(discord: LocalDiscord, call: Call) -> Message:
    message = bots_message(discord, call)
    if discord.world.channel(message.channel_id).guild_id:
        open_channel(discord, message.channel_id, permissions.PIN_MESSAGES)
    return message


async def pin(discord: LocalDiscord, call: Call) -> web.Response:
    discord.pins.pin(pinnable(discord, call), discord.world.bot.id)
    return web.Response(status=204)


async def unpin(discord: LocalDiscord, call: Call) -> web.Response:
    discord.pins.unpin(pinnable(discord, call))
    return web.Response(status=204)


ROUTES = [
    Route("GET", "/channels/{channel_id}/messages/pins", list_pins),
    Route("GET", "/channels/{channel_id}/pins", list_messages),
    *(
        Route(method, path, handler)
        for path in (
            "/channels/{channel_id}/messages/pins/{message_id}",
            "/channels/{channel_id}/pins/{message_id}",
        )
        for method, handler in (("PUT", pin), ("DELETE", unpin))
    ),
]
