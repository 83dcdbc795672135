"""Routes of channels and their messages, as the bot uses them with its own token."""

from typing import Annotated, Literal

from aiohttp import web

from bot.local_discord import permissions
from bot.local_discord.assembly import LocalDiscord
from bot.local_discord.errors import (
    CannotEditOthersMessage,
    CannotReply,
    MissingAccess,
    MissingPermissions,
    ThreadArchived,
    TooOldToDelete,
    WrongChannelType,
)
from bot.local_discord.forms.base import Form, Snowflake, length, parse, refuse
from bot.local_discord.forms.messages import MessageForm, Reference
from bot.local_discord.limits import Window
from bot.local_discord.message import Message
from bot.local_discord.message_payloads import WRITTEN_BY_NOBODY
from bot.local_discord.messages import Origin
from bot.local_discord.rest.guard import Call, Route, number
from bot.local_discord.unknown import UnknownMessage
from bot.local_discord.wire import Json, json_response
from bot.local_discord.world import Channel, Thread

REPLY = 19  # message type
CONTENT_INTENT_FLAGS = 0b11 << 18  # of the application, granted in full or limited
MOST_MESSAGES, USUAL_MESSAGES = 100, 50
OLDEST_IN_BULK = 14 * 24 * 60 * 60  # seconds
WRITING = Window(5, 5.0)
RENAMING = Window(2, 600.0)  # of one channel, by all of its admins together


class BulkDeleteForm(Form):
    messages: Annotated[list[Snowflake], length(2, 100)]


class ChannelChange(Form):
    name: Annotated[str, length(1, 100)] | None = None
    topic: Annotated[str, length(0, 1024)] | None = None
    nsfw: bool | None = None
    archived: bool | None = None
    locked: bool | None = None
    auto_archive_duration: Literal[60, 1440, 4320, 10080] | None = None


def open_channel(discord: LocalDiscord, channel_id: str, needed: int = 0) -> Channel:
    """A channel the bot sees, and in which it may do what is needed."""
    world = discord.world
    channel = world.channel(channel_id)
    guild = world.guild_of(channel)
    if guild is None and world.bot.id not in channel.recipient_ids:
        raise MissingAccess
    granted = permissions.permissions_in(guild, channel, world.bot.id)
    if not granted & permissions.VIEW_CHANNEL:
        raise MissingAccess
    if granted & needed != needed:
        raise MissingPermissions
    return channel


def bots_message(discord: LocalDiscord, call: Call) -> Message:
    """A message as the bot may fetch it; ephemeral ones are not for this route."""
    open_channel(discord, call["channel_id"], permissions.READ_MESSAGE_HISTORY)
    message = discord.world.message(call["channel_id"], call["message_id"])
    if message.is_ephemeral:
        raise UnknownMessage
    return message


def as_bot_reads(discord: LocalDiscord, message: Message) -> Json:
    payload = discord.message_payloads.message(message)
    if discord.world.application.flags & CONTENT_INTENT_FLAGS:
        return payload
    channel = discord.world.channel(message.channel_id)
    return discord.message_payloads.without_content(payload, channel)


async def get_channel(discord: LocalDiscord, call: Call) -> web.Response:
    return json_response(discord.payloads.channel(open_channel(discord, call["channel_id"])))


async def get_messages(discord: LocalDiscord, call: Call) -> web.Response:
    channel = open_channel(discord, call["channel_id"])
    granted = permissions.permissions_in(
        discord.world.guild_of(channel), channel, discord.world.bot.id
    )
    if not granted & permissions.READ_MESSAGE_HISTORY:
        return json_response([])
    visible = [one for one in channel.messages.values() if not one.is_ephemeral]
    return json_response([as_bot_reads(discord, one) for one in page(visible, call)])


def page(messages: list[Message], call: Call) -> list[Message]:
    """The part of a history that a query asks for, newest first."""
    query = call.request.query
    limit = number(query.get("limit"), "limit", USUAL_MESSAGES)
    if not 1 <= limit <= MOST_MESSAGES:
        sentence = f"int value should be from 1 to {MOST_MESSAGES}."
        refuse((("limit",), "NUMBER_TYPE_MAX" if limit > 1 else "NUMBER_TYPE_MIN", sentence))
    if "after" in query:
        after = number(query["after"], "after", 0)
        return [one for one in messages if int(one.id) > after][:limit][::-1]
    if "around" in query:
        around = number(query["around"], "around", 0)
        older = [one for one in messages if int(one.id) < around][-(limit // 2) :]
        newer = [one for one in messages if int(one.id) >= around][: limit - limit // 2]
        return [*older, *newer][::-1]
    if "before" in query:
        before = number(query["before"], "before", 0)
        messages = [one for one in messages if int(one.id) < before]
    return messages[-limit:][::-1]


async def get_message(discord: LocalDiscord, call: Call) -> web.Response:
    return json_response(as_bot_reads(discord, bots_message(discord, call)))


def writable_channel(discord: LocalDiscord, call: Call, needed: int = 0) -> Channel:
    """A channel in which the bot may write, and do what else is needed."""
    channel = open_channel(discord, call["channel_id"])
    return open_channel(discord, channel.id, permissions.sending_in(channel) | needed)


async def create_message(discord: LocalDiscord, call: Call) -> web.Response:
    needed = permissions.ATTACH_FILES if call.body.files else 0
    form: MessageForm = parse(MessageForm, call.body.payload or {})
    channel = writable_channel(
        discord, call, needed | (permissions.EMBED_LINKS if form.embeds else 0)
    )
    reference = form.message_reference
    reply_to = answered_message(discord, channel, reference) if reference else None
    origin = Origin(
        author_id=discord.world.bot.id, type=REPLY if reply_to else 0, reply_to=reply_to
    )
    message = discord.messages.create(channel, form, call.body.files, origin)
    return json_response(discord.message_payloads.message(message))


def answered_message(discord: LocalDiscord, channel: Channel, reference: Reference) -> str | None:
    granted = permissions.permissions_in(
        discord.world.guild_of(channel), channel, discord.world.bot.id
    )
    if not granted & permissions.READ_MESSAGE_HISTORY:
        raise CannotReply
    answered = channel.messages.get(reference.message_id)
    if answered and answered.type in WRITTEN_BY_NOBODY:
        sentence = "Cannot reply to a system message"
        refuse((("message_reference",), "REPLIES_CANNOT_REPLY_TO_SYSTEM_MESSAGE", sentence))
    if answered and not answered.is_ephemeral:
        return answered.id
    if reference.fail_if_not_exists is not False:
        refuse((("message_reference",), "REPLIES_UNKNOWN_MESSAGE", "Unknown message"))
    return None


async def edit_message(discord: LocalDiscord, call: Call) -> web.Response:
    message = bots_message(discord, call)
    if message.author_id != discord.world.bot.id:
        raise CannotEditOthersMessage
    channel = open_channel(
        discord, call["channel_id"], permissions.ATTACH_FILES if call.body.files else 0
    )
    if isinstance(channel, Thread) and channel.is_archived:
        raise ThreadArchived
    form: MessageForm = parse(MessageForm, call.body.payload or {})
    discord.messages.edit(message, form, call.body.files)
    return json_response(discord.message_payloads.message(message))


async def delete_message(discord: LocalDiscord, call: Call) -> web.Response:
    message = bots_message(discord, call)
    if message.author_id != discord.world.bot.id:
        open_channel(discord, call["channel_id"], permissions.MANAGE_MESSAGES)
    discord.messages.delete(message)
    return web.Response(status=204)


async def delete_messages(discord: LocalDiscord, call: Call) -> web.Response:
    """Up to a hundred at once; those that are gone already do not matter, too old ones do."""
    channel = open_channel(discord, call["channel_id"], permissions.MANAGE_MESSAGES)
    if channel.guild_id is None:
        raise WrongChannelType
    form: BulkDeleteForm = parse(BulkDeleteForm, call.body.payload or {})
    there = [channel.messages[key] for key in form.messages if key in channel.messages]
    messages = [message for message in there if not message.is_ephemeral]
    oldest = discord.world.clock.now() - OLDEST_IN_BULK
    if any(message.created_at < oldest for message in messages):
        raise TooOldToDelete
    for message in messages:
        discord.messages.delete(message)
    return web.Response(status=204)


async def start_typing(discord: LocalDiscord, call: Call) -> web.Response:
    writable_channel(discord, call)
    return web.Response(status=204)


async def change_channel(discord: LocalDiscord, call: Call) -> web.Response:
    """A channel's name, topic or age limit; a thread's name, and whether it is open."""
    channel = open_channel(discord, call["channel_id"])
    form: ChannelChange = parse(ChannelChange, call.body.payload or {})
    if isinstance(channel, Thread):
        open_channel(discord, channel.id, needed_to_change(channel, form, discord.world.bot.id))
        if channel.is_archived and form.archived is not False:
            raise ThreadArchived
        discord.threads.change(
            channel,
            name=form.name,
            is_archived=form.archived,
            is_locked=form.locked,
            archive_after=form.auto_archive_duration,
        )
    else:
        open_channel(discord, channel.id, permissions.MANAGE_CHANNELS)
        if form.name is not None or form.topic is not None:
            discord.limits.share(f"the name of {channel.id}", RENAMING)
        discord.places.change_channel(channel, name=form.name, topic=form.topic, is_nsfw=form.nsfw)
    return json_response(discord.payloads.channel(channel))


def needed_to_change(thread: Thread, form: ChannelChange, user_id: str) -> int:
    """Whoever writes in a thread opens it again, its owner changes it; the lock is for others."""
    if form.locked is None and not thread.is_locked:
        if form.model_dump(exclude_none=True) == {"archived": False}:
            return permissions.SEND_MESSAGES_IN_THREADS
        if thread.owner_id == user_id:
            return 0
    return permissions.MANAGE_THREADS


async def delete_channel(discord: LocalDiscord, call: Call) -> web.Response:
    channel = open_channel(discord, call["channel_id"])
    is_thread = isinstance(channel, Thread)
    needed = permissions.MANAGE_THREADS if is_thread else permissions.MANAGE_CHANNELS
    open_channel(discord, channel.id, needed)
    payload = discord.payloads.channel(channel)
    discord.places.remove_channel(channel)
    return json_response(payload)


ROUTES = [
    Route("GET", "/channels/{channel_id}", get_channel),
    Route("PATCH", "/channels/{channel_id}", change_channel),
    Route("DELETE", "/channels/{channel_id}", delete_channel),
    Route("POST", "/channels/{channel_id}/messages/bulk-delete", delete_messages),
    Route("POST", "/channels/{channel_id}/typing", start_typing),
    Route("GET", "/channels/{channel_id}/messages", get_messages),
    Route("POST", "/channels/{channel_id}/messages", create_message, window=WRITING),
    Route("GET", "/channels/{channel_id}/messages/{message_id}", get_message),
    Route("PATCH", "/channels/{channel_id}/messages/{message_id}", edit_message, window=WRITING),
    Route("DELETE", "/channels/{channel_id}/messages/{message_id}", delete_message),
]
