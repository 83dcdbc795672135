"""Routes by which the bot registers its commands, globally or in one server."""

from aiohttp import web

from bot.local_discord.assembly import LocalDiscord
from bot.local_discord.rest.accounts import joined
from bot.local_discord.rest.guard import Call, Route
from bot.local_discord.unknown import UnknownApplication
from bot.local_discord.wire import Json, json_response
from bot.local_discord.world import Command


def scope(discord: LocalDiscord, call: Call) -> str | None:
    """The server whose commands are meant, or nothing for the global ones."""
    if call["application_id"] != discord.world.application.id:
        raise UnknownApplication
    guild_id = call.request.match_info.get("guild_id")
    return joined(discord, guild_id).id if guild_id else None


def named(discord: LocalDiscord, call: Call) -> Command:
    return discord.commands.get(call["command_id"], scope(discord, call))


async def list_commands(discord: LocalDiscord, call: Call) -> web.Response:
    """Without their translations, unless these are asked for."""
    listed = discord.commands.listed(scope(discord, call))
    is_whole = call.flag("with_localizations")
    payloads = [discord.payloads.command(one) for one in listed]
    return json_response([one if is_whole else untranslated(one) for one in payloads])


def untranslated(node: Json) -> Json:
    plain = {key: value for key, value in node.items() if not key.endswith("_localizations")}
    for key in ("options", "choices"):
        if key in node:
            plain[key] = [untranslated(part) for part in node[key]]
    return plain


async def replace_commands(discord: LocalDiscord, call: Call) -> web.Response:
    stored = discord.commands.replace_all(call.body.payload, scope(discord, call))
    discord.tell_commands()
    return json_response([discord.payloads.command(one) for one in stored])


async def create_command(discord: LocalDiscord, call: Call) -> web.Response:
    guild_id = scope(discord, call)
    num_before = len(discord.commands.listed(guild_id))
    stored = discord.commands.upsert(call.body.payload, guild_id)
    discord.tell_commands()
    is_new = len(discord.commands.listed(guild_id)) > num_before
    return json_response(discord.payloads.command(stored), status=201 if is_new else 200)


async def get_command(discord: LocalDiscord, call: Call) -> web.Response:
    return json_response(discord.payloads.command(named(discord, call)))


async def edit_command(discord: LocalDiscord, call: Call) -> web.Response:
    stored = discord.commands.change(named(discord, call), call.body.payload)
    discord.tell_commands()
    return json_response(discord.payloads.command(stored))


async def delete_command(discord: LocalDiscord, call: Call) -> web.Response:
    discord.commands.remove(named(discord, call))
    discord.tell_commands()
    return web.Response(status=204)


ROUTES = [
    route
    for base in (
        "/applications/{application_id}/commands",
        "/applications/{application_id}/guilds/{guild_id}/commands",
    )
    for route in (
        Route("GET", base, list_commands),
        Route("PUT", base, replace_commands),
        Route("POST", base, create_command),
        Route("GET", base + "/{command_id}", get_command),
        Route("PATCH", base + "/{command_id}", edit_command),
        Route("DELETE", base + "/{command_id}", delete_command),
    )
]
