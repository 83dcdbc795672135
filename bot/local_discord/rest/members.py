"""Routes about who is in a server; the whole list is for bots with the members intent alone."""

from aiohttp import web

from bot.local_discord.assembly import LocalDiscord
from bot.local_discord.errors import MissingAccess
from bot.local_discord.rest.accounts import joined
from bot.local_discord.rest.guard import Call, Route, number
from bot.local_discord.wire import Json, json_response
from bot.local_discord.world import Guild, Member

MEMBERS_INTENT_FLAGS = 0b11 << 14  # of the application, granted in full or limited
MOST_MEMBERS = 1000


async def get_member(discord: LocalDiscord, call: Call) -> web.Response:
    guild = joined(discord, call["guild_id"])
    discord.world.user(call["user_id"])
    return json_response(discord.payloads.member(discord.places.member(guild, call["user_id"])))


async def list_members(discord: LocalDiscord, call: Call) -> web.Response:
    guild = joined(discord, call["guild_id"])
    if not discord.world.application.flags & MEMBERS_INTENT_FLAGS:
        raise MissingAccess
    after = number(call.request.query.get("after"), "after", 0)
    members = sorted(guild.members.values(), key=lambda one: int(one.user_id))
    later = [one for one in members if int(one.user_id) > after]
    return json_response(listed(discord, later, call))


async def search_members(discord: LocalDiscord, call: Call) -> web.Response:
    guild = joined(discord, call["guild_id"])
    sought = call.request.query.get("query", "").lower()
    return json_response(listed(discord, named(discord, guild, sought), call))


def named(discord: LocalDiscord, guild: Guild, sought: str) -> list[Member]:
    users = ((one, discord.world.user(one.user_id)) for one in guild.members.values())
    return [
        member
        for member, user in users
        if user.name.startswith(sought) or user.display_name.lower().startswith(sought)
    ]


def listed(discord: LocalDiscord, members: list[Member], call: Call) -> list[Json]:
    limit = min(number(call.request.query.get("limit"), "limit", 1), MOST_MEMBERS)
    return [discord.payloads.member(one) for one in members[:limit]]


async def get_own_member(discord: LocalDiscord, call: Call) -> web.Response:
    guild = joined(discord, call["guild_id"])
    return json_response(discord.payloads.member(guild.members[discord.world.bot.id]))


async def leave_guild(discord: LocalDiscord, call: Call) -> web.Response:
    discord.places.leave(joined(discord, call["guild_id"]), discord.world.bot)
    return web.Response(status=204)


ROUTES = [
    Route("GET", "/guilds/{guild_id}/members", list_members),
    Route("GET", "/guilds/{guild_id}/members/search", search_members),
    Route("GET", "/guilds/{guild_id}/members/{user_id}", get_member),
    Route("GET", "/users/@me/guilds/{guild_id}/member", get_own_member),
    Route("DELETE", "/users/@me/guilds/{guild_id}", leave_guild),
]
