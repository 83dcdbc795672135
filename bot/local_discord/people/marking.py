"""What a person leaves on a message: reactions and pins; and the control API's routes for them."""

from typing import Any

from aiohttp import web

from bot.local_discord.assembly import LocalDiscord
from bot.local_discord.message import Message
from bot.local_discord.people.actions import Actor
from bot.local_discord.people.asking import CHANNEL, MESSAGE, by_person
from bot.local_discord.permissions import ADD_REACTIONS, PIN_MESSAGES
from bot.local_discord.uploads import Body
from bot.local_discord.wire import Json


def marked(person: Actor, request: web.Request) -> Message:
    return person.message(request.match_info["channel_id"], request.match_info["message_id"])


def as_seen(discord: LocalDiscord, person: Actor, message: Message) -> Json:
    return discord.message_payloads.message(message, seen_by=person.user.id)


async def react(discord: LocalDiscord, person: Actor, body: Body, request: web.Request) -> Json:
    """Puts an emoji under a message; one that is there already takes no permission."""
    message, emoji = marked(person, request), request.match_info["emoji"]
    if discord.reactions.is_new(message, emoji):
        channel = person.channel(message.channel_id)
        person.require(channel, ADD_REACTIONS, "cannot add reactions here")
    discord.reactions.add(message, emoji, person.user.id)
    return as_seen(discord, person, message)


async def take_back(discord: LocalDiscord, person: Actor, body: Body, request: web.Request) -> Json:
    message = marked(person, request)
    discord.reactions.remove(message, request.match_info["emoji"], person.user.id)
    return as_seen(discord, person, message)


def pinnable(person: Actor, request: web.Request) -> Message:
    message = marked(person, request)
    channel = person.channel(message.channel_id)
    if channel.guild_id:
        person.require(channel, PIN_MESSAGES, "cannot pin messages here")
    return message


async def pin(discord: LocalDiscord, person: Actor, body: Body, request: web.Request) -> Json:
    message = pinnable(person, request)
    discord.pins.pin(message, person.user.id)
    return as_seen(discord, person, message)


async def unpin(discord: LocalDiscord, person: Actor, body: Body, request: web.Request) -> Json:
    message = pinnable(person, request)
    discord.pins.unpin(message)
    return as_seen(discord, person, message)


async def list_pins(discord: LocalDiscord, person: Actor, body: Body, request: web.Request) -> Any:
    """A channel's pins, the latest first."""
    pinned = discord.pins.pinned(person.channel(request.match_info["channel_id"]))
    return [as_seen(discord, person, message) for message in pinned]


def marking_routes() -> list[web.RouteDef]:
    reaction = MESSAGE + "/reactions/{emoji}"
    return [
        web.put(reaction, by_person(react)),
        web.delete(reaction, by_person(take_back)),
        web.get(CHANNEL + "/pins", by_person(list_pins)),
        web.put(MESSAGE + "/pin", by_person(pin)),
        web.delete(MESSAGE + "/pin", by_person(unpin)),
    ]
