"""Routes about the bot itself: its user, application, gateway, servers."""

from aiohttp import web

from bot.local_discord.assembly import LocalDiscord
from bot.local_discord.errors import CannotMessageUser, MissingAccess
from bot.local_discord.forms.base import Form, Snowflake, parse
from bot.local_discord.permissions import VIEW_CHANNEL, guild_permissions, permissions_in
from bot.local_discord.rest.guard import Call, Route
from bot.local_discord.wire import json_response
from bot.local_discord.world import Guild


class DmForm(Form):
    recipient_id: Snowflake


async def get_own_user(discord: LocalDiscord, call: Call) -> web.Response:
    return json_response(discord.payloads.own_user())


async def get_user(discord: LocalDiscord, call: Call) -> web.Response:
    return json_response(discord.payloads.user(discord.world.user(call["user_id"])))


async def get_own_guilds(discord: LocalDiscord, call: Call) -> web.Response:
    bot_id = discord.world.bot.id
    return json_response(
        [
            {
                "id": guild.id,
                "name": guild.name,
                "icon": None,
                "banner": None,
                "owner": guild.owner_id == bot_id,
                "permissions": str(guild_permissions(guild, bot_id)),
                "features": [],
            }
            for guild in discord.world.guilds.values()
            if bot_id in guild.members
        ]
    )


async def open_dm(discord: LocalDiscord, call: Call) -> web.Response:
    form: DmForm = parse(DmForm, call.body.payload or {})
    other = discord.world.user(form.recipient_id)
    if other.is_bot:
        raise CannotMessageUser
    channel = discord.world.open_dm(discord.world.bot.id, other.id)
    return json_response(discord.payloads.channel(channel))


async def get_application(discord: LocalDiscord, call: Call) -> web.Response:
    return json_response(discord.payloads.application())


async def get_gateway(discord: LocalDiscord, call: Call) -> web.Response:
    return json_response({"url": discord.greeting.gateway_url})


async def get_bot_gateway(discord: LocalDiscord, call: Call) -> web.Response:
    starts = discord.sessions.starts
    limits = starts.limits
    limit = {
        "total": limits.num_a_day,
        "remaining": starts.num_left(),
        "reset_after": starts.reset_after(),
        "max_concurrency": limits.max_concurrency,
    }
    url = discord.greeting.gateway_url
    return json_response({"url": url, "shards": limits.num_shards, "session_start_limit": limit})


async def get_default_sounds(discord: LocalDiscord, call: Call) -> web.Response:
    """None: there is nothing to hear here. Some libraries ask before they are ready."""
    return json_response([])


def joined(discord: LocalDiscord, guild_id: str) -> Guild:
    guild = discord.world.guild(guild_id)
    if discord.world.bot.id not in guild.members:
        raise MissingAccess
    return guild


async def get_guild(discord: LocalDiscord, call: Call) -> web.Response:
    return json_response(discord.payloads.guild(joined(discord, call["guild_id"])))


async def get_guild_channels(discord: LocalDiscord, call: Call) -> web.Response:
    guild = joined(discord, call["guild_id"])
    channels = [discord.world.channels[key] for key in guild.channel_ids]
    bot_id = discord.world.bot.id
    return json_response(
        [
            discord.payloads.channel(channel)
            for channel in channels
            if permissions_in(guild, channel, bot_id) & VIEW_CHANNEL
        ]
    )


ROUTES = [
    Route("GET", "/users/@me", get_own_user),
    Route("GET", "/users/@me/guilds", get_own_guilds),
    Route("POST", "/users/@me/channels", open_dm),
    Route("GET", "/users/{user_id}", get_user),
    Route("GET", "/oauth2/applications/@me", get_application),
    Route("GET", "/applications/@me", get_application),
    Route("GET", "/soundboard-default-sounds", get_default_sounds),
    Route("GET", "/gateway", get_gateway, needs_token=False),
    Route("GET", "/gateway/bot", get_bot_gateway),
    Route("GET", "/guilds/{guild_id}", get_guild),
    Route("GET", "/guilds/{guild_id}/channels", get_guild_channels),
]
