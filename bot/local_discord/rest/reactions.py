"""Routes of reactions; an emoji in a path is its characters, or name:id for a server's own."""

from urllib.parse import unquote

from aiohttp import web

from bot.local_discord import permissions
from bot.local_discord.assembly import LocalDiscord
from bot.local_discord.limits import Window
from bot.local_discord.message import Message
from bot.local_discord.rest.channels import bots_message, open_channel
from bot.local_discord.rest.guard import Call, Route, number
from bot.local_discord.wire import json_response

MOST_USERS, USUAL_USERS = 100, 25
REACTING = Window(4, 1.0)


def emoji_of(call: Call) -> str:
    return unquote(call["emoji_name"])


async def add(discord: LocalDiscord, call: Call) -> web.Response:
    message = bots_message(discord, call)
    if discord.reactions.is_new(message, emoji_of(call)):
        open_channel(discord, message.channel_id, permissions.ADD_REACTIONS)
    discord.reactions.add(message, emoji_of(call), discord.world.bot.id)
    return web.Response(status=204)


async def remove_own(discord: LocalDiscord, call: Call) -> web.Response:
    message = bots_message(discord, call)
    discord.reactions.remove(message, emoji_of(call), discord.world.bot.id)
    return web.Response(status=204)


def moderated(discord: LocalDiscord, call: Call) -> Message:
    """A message under which the bot may take away what others put there."""
    message = bots_message(discord, call)
    open_channel(discord, message.channel_id, permissions.MANAGE_MESSAGES)
    return message


async def remove_others(discord: LocalDiscord, call: Call) -> web.Response:
    user = discord.world.user(call["user_id"])
    discord.reactions.remove(moderated(discord, call), emoji_of(call), user.id)
    return web.Response(status=204)


async def clear(discord: LocalDiscord, call: Call) -> web.Response:
    discord.reactions.clear(moderated(discord, call))
    return web.Response(status=204)


async def clear_emoji(discord: LocalDiscord, call: Call) -> web.Response:
    discord.reactions.clear(moderated(discord, call), emoji_of(call))
    return web.Response(status=204)


async def list_users(discord: LocalDiscord, call: Call) -> web.Response:
    """Who reacted so, by their ids, in pages; nobody reacts with a burst here."""
    message = bots_message(discord, call)
    query = call.request.query
    limit = min(number(query.get("limit"), "limit", USUAL_USERS), MOST_USERS)
    after = number(query.get("after"), "after", 0)
    is_burst = query.get("type") == "1"
    key = discord.emojis.key(emoji_of(call))
    who = [] if is_burst else sorted(message.reactions.get(key, ()), key=int)
    found = [user_id for user_id in who if int(user_id) > after][:limit]
    return json_response([discord.payloads.user(discord.world.user(one)) for one in found])


REACTIONS = "/channels/{channel_id}/messages/{message_id}/reactions"
ROUTES = [
    Route("DELETE", REACTIONS, clear, window=REACTING),
    Route("GET", REACTIONS + "/{emoji_name}", list_users),
    Route("DELETE", REACTIONS + "/{emoji_name}", clear_emoji, window=REACTING),
    # Before the route of one user: "@me" is no id.
    Route("PUT", REACTIONS + "/{emoji_name}/@me", add, window=REACTING),
    Route("DELETE", REACTIONS + "/{emoji_name}/@me", remove_own, window=REACTING),
    Route("DELETE", REACTIONS + "/{emoji_name}/{user_id}", remove_others, window=REACTING),
]
