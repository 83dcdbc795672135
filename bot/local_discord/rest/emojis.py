"""Routes of emojis: a server's, which its members share, and the application's own."""

from typing import Annotated

from aiohttp import web
from pydantic import StringConstraints

from bot.local_discord import permissions
from bot.local_discord.assembly import LocalDiscord
from bot.local_discord.errors import MissingPermissions
from bot.local_discord.forms.base import Form, length, parse
from bot.local_discord.limits import Window
from bot.local_discord.rest.accounts import joined
from bot.local_discord.rest.guard import Call, Route
from bot.local_discord.unknown import UnknownApplication
from bot.local_discord.wire import json_response
from bot.local_discord.world import Emoji, Guild

CHANGING = Window(50, 3600.0)  # a server's emojis, by all of its admins together
EmojiName = Annotated[str, length(2, 32), StringConstraints(pattern=r"^\w+$")]


class EmojiForm(Form):
    name: EmojiName
    image: str


class EmojiChange(Form):
    name: EmojiName


def scope(discord: LocalDiscord, call: Call) -> Guild | None:
    """The server whose emojis are meant, or nothing for the application's."""
    guild_id = call.request.match_info.get("guild_id")
    if guild_id:
        return joined(discord, guild_id)
    if call["application_id"] != discord.world.application.id:
        raise UnknownApplication
    return None


def named(discord: LocalDiscord, call: Call) -> Emoji:
    guild = scope(discord, call)
    return discord.emojis.get(call["emoji_id"], guild.id if guild else None)


def changeable(discord: LocalDiscord, call: Call) -> Emoji:
    """An emoji that the bot may change: its own if it may make some, others' if it manages them."""
    emoji, guild = named(discord, call), scope(discord, call)
    if guild:
        bot_id = discord.world.bot.id
        needed = permissions.MANAGE_GUILD_EXPRESSIONS
        if emoji.creator_id == bot_id:
            needed |= permissions.CREATE_GUILD_EXPRESSIONS
        if not permissions.guild_permissions(guild, bot_id) & needed:
            raise MissingPermissions
        discord.limits.share(f"the emojis of {guild.id}", CHANGING)
    return emoji


async def list_emojis(discord: LocalDiscord, call: Call) -> web.Response:
    guild = scope(discord, call)
    there = discord.world.emojis_of(guild.id if guild else None)
    listed = [discord.payloads.emoji(one) for one in there]
    return json_response(listed if guild else {"items": listed})


async def get_emoji(discord: LocalDiscord, call: Call) -> web.Response:
    return json_response(discord.payloads.emoji(named(discord, call)))


async def create_emoji(discord: LocalDiscord, call: Call) -> web.Response:
    guild, bot_id = scope(discord, call), discord.world.bot.id
    if guild:
        granted = permissions.guild_permissions(guild, bot_id)
        if not granted & permissions.CREATE_GUILD_EXPRESSIONS:
            raise MissingPermissions
        discord.limits.share(f"the emojis of {guild.id}", CHANGING)
    form: EmojiForm = parse(EmojiForm, call.body.payload or {})
    emoji = discord.emojis.add(form.name, form.image, bot_id, guild)
    return json_response(discord.payloads.emoji(emoji), status=201)


async def rename_emoji(discord: LocalDiscord, call: Call) -> web.Response:
    emoji = changeable(discord, call)
    form: EmojiChange = parse(EmojiChange, call.body.payload or {})
    discord.emojis.rename(emoji, form.name)
    return json_response(discord.payloads.emoji(emoji))


async def delete_emoji(discord: LocalDiscord, call: Call) -> web.Response:
    discord.emojis.remove(changeable(discord, call))
    return web.Response(status=204)


ROUTES = [
    route
    for base in ("/guilds/{guild_id}/emojis", "/applications/{application_id}/emojis")
    for route in (
        Route("GET", base, list_emojis),
        Route("POST", base, create_emoji),
        Route("GET", base + "/{emoji_id}", get_emoji),
        Route("PATCH", base + "/{emoji_id}", rename_emoji),
        Route("DELETE", base + "/{emoji_id}", delete_emoji),
    )
]
