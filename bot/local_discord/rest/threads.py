"""Routes of threads, as the bot uses them with its own token."""

from typing import Annotated, Literal

from aiohttp import web

from bot.local_discord import permissions
from bot.local_discord.assembly import LocalDiscord
from bot.local_discord.errors import WrongChannelType
from bot.local_discord.forms.base import Form, length, parse
from bot.local_discord.rest.accounts import joined
from bot.local_discord.rest.channels import bots_message, open_channel
from bot.local_discord.rest.guard import Call, Route
from bot.local_discord.unknown import UnknownMember
from bot.local_discord.wire import Json, json_response
from bot.local_discord.world import PRIVATE_THREAD, PUBLIC_THREAD, Thread


class ThreadForm(Form):
    name: Annotated[str, length(1, 100)]
    auto_archive_duration: Literal[60, 1440, 4320, 10080] | None = None


class LoneThreadForm(ThreadForm):
    type: Literal[11, 12] = 12  # private unless told otherwise, as on Discord


def open_thread(discord: LocalDiscord, call: Call) -> Thread:
    channel = open_channel(discord, call["channel_id"])
    if not isinstance(channel, Thread):
        raise WrongChannelType
    return channel


async def start_on_message(discord: LocalDiscord, call: Call) -> web.Response:
    channel = open_channel(discord, call["channel_id"], permissions.CREATE_PUBLIC_THREADS)
    message = bots_message(discord, call)
    form: ThreadForm = parse(ThreadForm, call.body.payload or {})
    thread = discord.thread_starts.on_message(
        channel, message, form.name, discord.world.bot.id, form.auto_archive_duration
    )
    return json_response(discord.payloads.channel(thread), status=201)


async def start_alone(discord: LocalDiscord, call: Call) -> web.Response:
    form: LoneThreadForm = parse(LoneThreadForm, call.body.payload or {})
    needed = permissions.CREATE_PUBLIC_THREADS
    if form.type == PRIVATE_THREAD:
        needed = permissions.CREATE_PRIVATE_THREADS
    channel = open_channel(discord, call["channel_id"], needed)
    thread = discord.thread_starts.alone(
        channel, form.name, discord.world.bot.id, form.type, form.auto_archive_duration
    )
    return json_response(discord.payloads.channel(thread), status=201)


async def list_active(discord: LocalDiscord, call: Call) -> web.Response:
    guild = joined(discord, call["guild_id"])
    threads = discord.payloads.active_threads(guild, discord.world.bot.id)
    return json_response(listing(discord, threads) | {"has_more": False})


async def list_archived(discord: LocalDiscord, call: Call) -> web.Response:
    """The archived public threads of a channel, the latest first; all of them in one answer."""
    channel = open_channel(discord, call["channel_id"], permissions.READ_MESSAGE_HISTORY)
    threads = [
        one
        for one in discord.world.threads_of(channel)
        if one.is_archived and one.type == PUBLIC_THREAD
    ]
    threads.sort(key=lambda one: one.archive_changed_at, reverse=True)
    return json_response(listing(discord, threads) | {"has_more": False})


def listing(discord: LocalDiscord, threads: list[Thread]) -> Json:
    bot_id, payloads = discord.world.bot.id, discord.payloads
    return {
        "threads": [payloads.channel(one) for one in threads],
        "members": [
            payloads.thread_member(one, bot_id) for one in threads if bot_id in one.joined_at
        ],
    }


async def list_members(discord: LocalDiscord, call: Call) -> web.Response:
    thread = open_thread(discord, call)
    return json_response([discord.payloads.thread_member(thread, key) for key in thread.joined_at])


async def get_member(discord: LocalDiscord, call: Call) -> web.Response:
    thread = open_thread(discord, call)
    if call["user_id"] not in thread.joined_at:
        raise UnknownMember
    return json_response(discord.payloads.thread_member(thread, call["user_id"]))


async def join(discord: LocalDiscord, call: Call) -> web.Response:
    discord.threads.join(open_thread(discord, call), discord.world.bot.id)
    return web.Response(status=204)


async def leave(discord: LocalDiscord, call: Call) -> web.Response:
    discord.threads.leave(open_thread(discord, call), discord.world.bot.id)
    return web.Response(status=204)


async def add_member(discord: LocalDiscord, call: Call) -> web.Response:
    open_channel(discord, call["channel_id"], permissions.SEND_MESSAGES_IN_THREADS)
    thread = open_thread(discord, call)
    member = discord.places.member(discord.threads.guild(thread), call["user_id"])
    discord.threads.join(thread, member.user_id)
    return web.Response(status=204)


async def remove_member(discord: LocalDiscord, call: Call) -> web.Response:
    thread = open_thread(discord, call)
    if thread.owner_id != discord.world.bot.id or thread.type != PRIVATE_THREAD:
        open_channel(discord, thread.id, permissions.MANAGE_THREADS)
    discord.threads.leave(thread, call["user_id"])
    return web.Response(status=204)


ROUTES = [
    Route("POST", "/channels/{channel_id}/messages/{message_id}/threads", start_on_message),
    Route("POST", "/channels/{channel_id}/threads", start_alone),
    Route("GET", "/guilds/{guild_id}/threads/active", list_active),
    Route("GET", "/channels/{channel_id}/threads/archived/public", list_archived),
    Route("GET", "/channels/{channel_id}/thread-members", list_members),
    # Before the route of one member: "@me" is no id.
    Route("PUT", "/channels/{channel_id}/thread-members/@me", join),
    Route("DELETE", "/channels/{channel_id}/thread-members/@me", leave),
    Route("GET", "/channels/{channel_id}/thread-members/{user_id}", get_member),
    Route("PUT", "/channels/{channel_id}/thread-members/{user_id}", add_member),
    Route("DELETE", "/channels/{channel_id}/thread-members/{user_id}", remove_member),
]
