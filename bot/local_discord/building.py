"""The control API's routes that build the world: people, servers, roles, channels.

Names of people are unique: they are how tests and the page call them.
"""

from typing import Annotated, Any

from aiohttp import web
from pydantic import Field

from bot.local_discord.assembly import LocalDiscord
from bot.local_discord.directing import directed
from bot.local_discord.forms.base import Form, Snowflake, length, parse, refuse
from bot.local_discord.unknown import UnknownRole
from bot.local_discord.wire import Json
from bot.local_discord.world import Guild, Role, User

Name = Annotated[str, length(1, 100)]


class PersonForm(Form):
    name: Annotated[str, length(2, 32)]
    display_name: Name | None = None
    guild_ids: list[Snowflake] = Field(default_factory=list)


class PersonChange(Form):
    attachment_limit: int


class NewGuildForm(Form):
    """Without the bot, it is a place where only people who installed the app can use it."""

    name: Name
    owner_id: Snowflake
    has_bot: bool = True


class GuildForm(Form):
    attachment_limit: int | None = None
    boost_tier: Annotated[int, Field(ge=0, le=3)] | None = None
    bot_permissions: int | None = None


class RoleForm(Form):
    name: Name
    permissions: int = 0
    color: int = 0


class RoleChange(Form):
    name: Name | None = None
    permissions: int | None = None


class ChannelForm(Form):
    name: Name
    topic: str | None = None
    is_nsfw: bool = False


class OverwriteForm(Form):
    target_id: Snowflake
    allow: int = 0
    deny: int = 0


def add_person(discord: LocalDiscord, body: Any, request: web.Request) -> Json:
    form: PersonForm = parse(PersonForm, body)
    name = form.name.lower()
    if any(user.name == name for user in discord.world.users.values()):
        refuse((("name",), "USERNAME_ALREADY_TAKEN", f"There is a {name} already."))
    guilds = [discord.world.guild(guild_id) for guild_id in form.guild_ids]
    user = discord.places.add_person(name, form.display_name or form.name)
    for guild in guilds:
        discord.places.join(guild, user)
    return discord.payloads.user(user)


def change_person(discord: LocalDiscord, body: Any, request: web.Request) -> Json:
    """What somebody pays Discord for: larger files, wherever they are."""
    form: PersonChange = parse(PersonChange, body)
    user = user_of(discord, request)
    user.attachment_limit = form.attachment_limit
    return discord.payloads.user(user)


def add_guild(discord: LocalDiscord, body: Any, request: web.Request) -> Json:
    """A server with one channel, "general"."""
    form: NewGuildForm = parse(NewGuildForm, body)
    guild = discord.places.add_guild(form.name, discord.world.user(form.owner_id))
    discord.places.add_channel(guild, "general", None, is_nsfw=False)
    if form.has_bot:
        discord.places.join(guild, discord.world.bot)
    channels = [discord.world.channels[key] for key in guild.channel_ids]
    return discord.payloads.guild(guild) | {
        "channels": [discord.payloads.channel(one) for one in channels]
    }


def change_guild(discord: LocalDiscord, body: Any, request: web.Request) -> Json:
    guild = guild_of(discord, request)
    form: GuildForm = parse(GuildForm, body)
    if form.boost_tier is not None:
        discord.places.boost(guild, form.boost_tier)
    if form.attachment_limit is not None:
        guild.attachment_limit = form.attachment_limit
    if form.bot_permissions is not None:
        own = next((role for role in guild.roles.values() if role.bot_id), None)
        if own is None:
            raise UnknownRole(f"The bot is not in {guild.name}.")
        discord.places.change_role(guild, own, granted=form.bot_permissions)
    return {}


def guild_of(discord: LocalDiscord, request: web.Request) -> Guild:
    return discord.world.guild(request.match_info["guild_id"])


def user_of(discord: LocalDiscord, request: web.Request) -> User:
    """Whom a path names: anybody's id, a person's name, or the bot as `bot`."""
    key = request.match_info["user_id"]
    if key == "bot":
        return discord.world.bot
    return discord.person(key).user


def join(discord: LocalDiscord, body: Any, request: web.Request) -> Json:
    member = discord.places.join(guild_of(discord, request), user_of(discord, request))
    return discord.payloads.member(member)


def leave(discord: LocalDiscord, body: Any, request: web.Request) -> Json:
    discord.places.leave(guild_of(discord, request), user_of(discord, request))
    return {}


def add_role(discord: LocalDiscord, body: Any, request: web.Request) -> Json:
    form: RoleForm = parse(RoleForm, body)
    guild = guild_of(discord, request)
    role = discord.places.add_role(guild, form.name, form.permissions, form.color)
    return discord.payloads.role(role)


def role_of(discord: LocalDiscord, request: web.Request) -> Role:
    return discord.places.role(guild_of(discord, request), request.match_info["role_id"])


def change_role(discord: LocalDiscord, body: Any, request: web.Request) -> Json:
    form: RoleChange = parse(RoleChange, body)
    role = role_of(discord, request)
    discord.places.change_role(
        guild_of(discord, request), role, name=form.name, granted=form.permissions
    )
    return discord.payloads.role(role)


def remove_role(discord: LocalDiscord, body: Any, request: web.Request) -> Json:
    discord.places.remove_role(guild_of(discord, request), role_of(discord, request))
    return {}


def give_role(discord: LocalDiscord, body: Any, request: web.Request) -> Json:
    guild = guild_of(discord, request)
    member = discord.places.member(guild, user_of(discord, request).id)
    discord.places.give_role(guild, member, role_of(discord, request))
    return discord.payloads.member(member)


def take_role(discord: LocalDiscord, body: Any, request: web.Request) -> Json:
    guild = guild_of(discord, request)
    member = discord.places.member(guild, user_of(discord, request).id)
    discord.places.take_role(guild, member, role_of(discord, request))
    return discord.payloads.member(member)


def add_channel(discord: LocalDiscord, body: Any, request: web.Request) -> Json:
    form: ChannelForm = parse(ChannelForm, body)
    channel = discord.places.add_channel(
        guild_of(discord, request), form.name, form.topic, is_nsfw=form.is_nsfw
    )
    return discord.payloads.channel(channel)


def remove_channel(discord: LocalDiscord, body: Any, request: web.Request) -> Json:
    """A channel or a thread goes, with everything in it."""
    discord.places.remove_channel(discord.world.channel(request.match_info["channel_id"]))
    return {}


def overwrite_channel(discord: LocalDiscord, body: Any, request: web.Request) -> Json:
    """Permissions of one role or member in one channel; nothing allowed or denied ends the rule."""
    channel = discord.world.channel(request.match_info["channel_id"])
    form: OverwriteForm = parse(OverwriteForm, body)
    discord.places.overwrite(channel, form.target_id, form.allow, form.deny)
    return {}


def building_routes() -> list[web.RouteDef]:
    guild = "/local/guilds/{guild_id}"
    member, role = guild + "/members/{user_id}", guild + "/roles/{role_id}"
    channel = "/local/channels/{channel_id}"
    return [
        web.post("/local/people", directed(add_person)),
        web.patch("/local/people/{user_id}", directed(change_person)),
        web.post("/local/guilds", directed(add_guild)),
        web.patch(guild, directed(change_guild)),
        web.put(member, directed(join)),
        web.delete(member, directed(leave)),
        web.post(guild + "/roles", directed(add_role)),
        web.patch(role, directed(change_role)),
        web.delete(role, directed(remove_role)),
        web.put(member + "/roles/{role_id}", directed(give_role)),
        web.delete(member + "/roles/{role_id}", directed(take_role)),
        web.post(guild + "/channels", directed(add_channel)),
        web.delete(channel, directed(remove_channel)),
        web.put(channel + "/overwrites", directed(overwrite_channel)),
    ]
