"""Routes of roles: nobody changes what stands as high as themselves, or gives what they lack."""

from typing import Annotated

from aiohttp import web
from pydantic import Field

from bot.local_discord.assembly import LocalDiscord
from bot.local_discord.errors import InvalidRole, MissingPermissions
from bot.local_discord.forms.base import Form, Snowflake, length, parse
from bot.local_discord.permissions import (
    CHANGE_NICKNAME,
    EVERYTHING,
    MANAGE_NICKNAMES,
    MANAGE_ROLES,
    guild_permissions,
    rank,
)
from bot.local_discord.rest.accounts import joined
from bot.local_discord.rest.guard import Call, Route
from bot.local_discord.wire import json_response
from bot.local_discord.world import Guild, Member, Role

Nick = Annotated[str, length(0, 32)]


class RoleForm(Form):
    name: Annotated[str, length(0, 100)] | None = None
    # Permission bits cross the wire as a number or as text.
    permissions: Annotated[int, Field(ge=0)] | None = None
    color: Annotated[int, Field(ge=0, le=0xFFFFFF)] | None = None


class MemberForm(Form):
    nick: Nick | None = None
    roles: list[Snowflake] | None = None


class OwnMemberForm(Form):
    nick: Nick | None = None


class Admin:
    """The bot where it manages roles: what its own place in the order lets it touch."""

    def __init__(self, discord: LocalDiscord, guild: Guild) -> None:
        self.guild = guild
        self.bot_id = discord.world.bot.id
        self.granted = guild_permissions(guild, self.bot_id)

    def require(self, needed: int) -> None:
        if self.granted & needed != needed:
            raise MissingPermissions

    def require_below(self, role: Role) -> None:
        if role.position >= rank(self.guild, self.bot_id):
            raise MissingPermissions

    def require_member_below(self, user_id: str) -> None:
        if rank(self.guild, user_id) >= rank(self.guild, self.bot_id):
            raise MissingPermissions

    def require_held(self, permissions: int | None) -> None:
        """Nobody gives away what they have not got."""
        if self.granted != EVERYTHING and (permissions or 0) & ~self.granted:
            raise MissingPermissions

    def require_assignable(self, role: Role) -> None:
        """Everyone has the server's own role, and a bot's is its bot's alone."""
        if role.id == self.guild.id or role.bot_id:
            raise InvalidRole
        self.require_below(role)


def admin(discord: LocalDiscord, call: Call) -> Admin:
    found = Admin(discord, joined(discord, call["guild_id"]))
    found.require(MANAGE_ROLES)
    return found


async def get_roles(discord: LocalDiscord, call: Call) -> web.Response:
    guild = joined(discord, call["guild_id"])
    return json_response([discord.payloads.role(role) for role in guild.roles.values()])


async def get_role(discord: LocalDiscord, call: Call) -> web.Response:
    guild = joined(discord, call["guild_id"])
    return json_response(discord.payloads.role(discord.places.role(guild, call["role_id"])))


async def create_role(discord: LocalDiscord, call: Call) -> web.Response:
    """A new role below all others but everyone's."""
    may = admin(discord, call)
    form: RoleForm = parse(RoleForm, call.body.payload or {})
    may.require_held(form.permissions)
    everyones = may.guild.roles[may.guild.id].permissions
    role = discord.places.add_role(
        may.guild,
        form.name or "new role",
        everyones if form.permissions is None else form.permissions,
        form.color or 0,
        is_lowest=True,
    )
    return json_response(discord.payloads.role(role))


async def change_role(discord: LocalDiscord, call: Call) -> web.Response:
    may = admin(discord, call)
    role = discord.places.role(may.guild, call["role_id"])
    may.require_below(role)
    form: RoleForm = parse(RoleForm, call.body.payload or {})
    may.require_held((form.permissions or 0) & ~role.permissions)
    discord.places.change_role(
        may.guild, role, name=form.name, granted=form.permissions, color=form.color
    )
    return json_response(discord.payloads.role(role))


async def delete_role(discord: LocalDiscord, call: Call) -> web.Response:
    may = admin(discord, call)
    role = discord.places.role(may.guild, call["role_id"])
    may.require_assignable(role)
    discord.places.remove_role(may.guild, role)
    return web.Response(status=204)


def assigned(discord: LocalDiscord, call: Call) -> tuple[Guild, Member, Role]:
    """Whom a role is to be given to or taken from, if the bot may."""
    may = admin(discord, call)
    member = discord.places.member(may.guild, call["user_id"])
    role = discord.places.role(may.guild, call["role_id"])
    may.require_assignable(role)
    return may.guild, member, role


async def give_role(discord: LocalDiscord, call: Call) -> web.Response:
    discord.places.give_role(*assigned(discord, call))
    return web.Response(status=204)


async def take_role(discord: LocalDiscord, call: Call) -> web.Response:
    discord.places.take_role(*assigned(discord, call))
    return web.Response(status=204)


async def change_member(discord: LocalDiscord, call: Call) -> web.Response:
    """Another's name here, and all of their roles at once."""
    may = Admin(discord, joined(discord, call["guild_id"]))
    member = discord.places.member(may.guild, call["user_id"])
    form: MemberForm = parse(MemberForm, call.body.payload or {})
    if "nick" in form.model_fields_set:
        may.require(MANAGE_NICKNAMES)
        may.require_member_below(member.user_id)
    if form.roles is not None:
        may.require(MANAGE_ROLES)
        wanted = [discord.places.role(may.guild, role_id) for role_id in form.roles]
        held = [may.guild.roles[role_id] for role_id in member.role_ids]
        for role in wanted + held:
            if (role in wanted) != (role in held):
                may.require_assignable(role)
        member.role_ids = [role.id for role in wanted]
    if "nick" in form.model_fields_set:
        member.nick = form.nick or None
    discord.places.tell_member(may.guild, member)
    return json_response(discord.payloads.member(member))


async def change_own_member(discord: LocalDiscord, call: Call) -> web.Response:
    may = Admin(discord, joined(discord, call["guild_id"]))
    form: OwnMemberForm = parse(OwnMemberForm, call.body.payload or {})
    may.require(CHANGE_NICKNAME)
    member = may.guild.members[may.bot_id]
    member.nick = form.nick or None
    discord.places.tell_member(may.guild, member)
    return json_response(discord.payloads.member(member))


ROLE, MEMBER = "/guilds/{guild_id}/roles/{role_id}", "/guilds/{guild_id}/members/{user_id}"
ROUTES = [
    Route("GET", "/guilds/{guild_id}/roles", get_roles),
    Route("POST", "/guilds/{guild_id}/roles", create_role),
    Route("GET", ROLE, get_role),
    Route("PATCH", ROLE, change_role),
    Route("DELETE", ROLE, delete_role),
    Route("PATCH", "/guilds/{guild_id}/members/@me", change_own_member),
    Route("PATCH", MEMBER, change_member),
    Route("PUT", MEMBER + "/roles/{role_id}", give_role),
    Route("DELETE", MEMBER + "/roles/{role_id}", take_role),
]
