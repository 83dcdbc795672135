"""The control API's routes about where a person is: servers, threads, private conversations."""

from typing import Annotated

from aiohttp import web

from bot.local_discord.assembly import LocalDiscord
from bot.local_discord.forms.base import Form, Snowflake, length, parse
from bot.local_discord.interactions.refusals import Impossible
from bot.local_discord.people.actions import Actor
from bot.local_discord.people.asking import BASE, by_person
from bot.local_discord.people.threading import ThreadActor
from bot.local_discord.permissions import VIEW_CHANNEL, guild_permissions, permissions_in
from bot.local_discord.uploads import Body
from bot.local_discord.wire import Json
from bot.local_discord.world import Channel, Guild

ThreadName = Annotated[str, length(1, 100)]


class DmForm(Form):
    user_id: Snowflake | None = None


class ThreadForm(Form):
    channel_id: Snowflake
    name: ThreadName
    message_id: Snowflake | None = None
    is_private: bool = False


class ThreadChange(Form):
    name: ThreadName | None = None
    is_archived: bool | None = None
    is_locked: bool | None = None


async def look_around(
    discord: LocalDiscord, person: Actor, body: Body, request: web.Request
) -> Json:
    """Everything a client shows at its start: oneself, the servers, the conversations."""
    world, payloads = discord.world, discord.payloads
    guilds = [guild for guild in world.guilds.values() if person.user.id in guild.members]
    return {
        "you": payloads.user(person.user),
        "people": [payloads.user(user) for user in world.people()],
        "bot": payloads.user(world.bot),
        "bot_is_online": bool(discord.sessions.connected()),
        "has_installed_app": person.user.id in world.application.installed_by,
        "guilds": [guild_view(discord, guild, person.user.id) for guild in guilds],
        "dms": [
            payloads.channel(world.channels[key], seen_by=person.user.id)
            for key in person.user.dm_channels.values()
        ],
    }


def guild_view(discord: LocalDiscord, guild: Guild, user_id: str) -> Json:
    """A server as one member sees it: only what may be seen, and what they may do there."""
    payloads = discord.payloads
    channels = [discord.world.channels[key] for key in guild.channel_ids]
    return payloads.guild(guild) | {
        "attachment_size_limit": guild.attachment_limit,
        "permissions": str(guild_permissions(guild, user_id)),
        "channels": [
            channel_view(discord, one, user_id)
            for one in channels
            if permissions_in(guild, one, user_id) & VIEW_CHANNEL
        ],
        "threads": [
            channel_view(discord, one, user_id) | {"joined": user_id in one.joined_at}
            for one in payloads.active_threads(guild, user_id)
        ],
        "members": [payloads.member(member) for member in guild.members.values()],
    }


def channel_view(discord: LocalDiscord, channel: Channel, user_id: str) -> Json:
    granted = permissions_in(discord.world.guild_of(channel), channel, user_id)
    return discord.payloads.channel(channel) | {"permissions": str(granted)}


async def open_dm(discord: LocalDiscord, person: Actor, body: Body, request: web.Request) -> Json:
    """The private channel with somebody; with the bot, if nobody is named."""
    form: DmForm = parse(DmForm, body.payload or {})
    other_id = form.user_id or discord.world.bot.id
    if other_id == person.user.id:
        raise Impossible("Nobody writes to themselves here.")
    channel = discord.world.open_dm(person.user.id, other_id)
    discord.news.tell_people()
    return discord.payloads.channel(channel, seen_by=person.user.id)


async def install(discord: LocalDiscord, person: Actor, body: Body, request: web.Request) -> Json:
    """From now on, the bot's commands for users go where this person goes."""
    discord.world.application.installed_by.add(person.user.id)
    discord.tell_commands()
    return {}


async def uninstall(discord: LocalDiscord, person: Actor, body: Body, request: web.Request) -> Json:
    discord.world.application.installed_by.discard(person.user.id)
    discord.tell_commands()
    return {}


def threads_of(discord: LocalDiscord, person: Actor) -> ThreadActor:
    return ThreadActor(person, discord.threads, discord.thread_starts)


async def start_thread(
    discord: LocalDiscord, person: Actor, body: Body, request: web.Request
) -> Json:
    form: ThreadForm = parse(ThreadForm, body.payload)
    thread = threads_of(discord, person).start(
        form.channel_id, form.name, form.message_id, is_private=form.is_private
    )
    return channel_view(discord, thread, person.user.id)


async def change_thread(
    discord: LocalDiscord, person: Actor, body: Body, request: web.Request
) -> Json:
    form: ThreadChange = parse(ThreadChange, body.payload)
    thread = threads_of(discord, person).change(
        request.match_info["thread_id"], form.name, form.is_archived, form.is_locked
    )
    return channel_view(discord, thread, person.user.id)


async def join_thread(
    discord: LocalDiscord, person: Actor, body: Body, request: web.Request
) -> Json:
    thread = threads_of(discord, person).join(request.match_info["thread_id"])
    return channel_view(discord, thread, person.user.id)


async def leave_thread(
    discord: LocalDiscord, person: Actor, body: Body, request: web.Request
) -> Json:
    threads_of(discord, person).leave(request.match_info["thread_id"])
    return {}


def place_routes() -> list[web.RouteDef]:
    thread = BASE + "/threads/{thread_id}"
    return [
        web.get(BASE, by_person(look_around)),
        web.post(BASE + "/dm", by_person(open_dm)),
        web.put(BASE + "/installation", by_person(install)),
        web.delete(BASE + "/installation", by_person(uninstall)),
        web.post(BASE + "/threads", by_person(start_thread)),
        web.patch(thread, by_person(change_thread)),
        web.put(thread + "/membership", by_person(join_thread)),
        web.delete(thread + "/membership", by_person(leave_thread)),
    ]
