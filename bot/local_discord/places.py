"""Making and changing what a community is made of: servers, channels, people, roles.

Every change is told to the gateway, as Discord tells it, and to the pages.
"""

from bot.local_discord import permissions
from bot.local_discord.errors import TooManyRoles, WrongChannelType
from bot.local_discord.gateway.sessions import GUILD_MEMBERS, Session
from bot.local_discord.newcomer import bots_role
from bot.local_discord.news import News
from bot.local_discord.payloads import Payloads
from bot.local_discord.unknown import UnknownMember, UnknownRole
from bot.local_discord.wire import Json
from bot.local_discord.world import (
    BOOSTED_LIMITS,
    Channel,
    Guild,
    Member,
    Role,
    Thread,
    User,
    World,
)

MAX_ROLES = 250  # of a server


class Places:
    """The one way to change the world around the conversations."""

    def __init__(self, world: World, payloads: Payloads, news: News) -> None:
        self.world = world
        self.payloads = payloads
        self.news = news

    def add_person(self, name: str, display_name: str) -> User:
        user = User(id=self.world.snowflakes.next(), name=name, display_name=display_name)
        self.world.users[user.id] = user
        self.news.tell_people()
        return user

    def add_guild(self, name: str, owner: User) -> Guild:
        """A server with nobody but its owner in it, and no channel yet."""
        guild_id = self.world.snowflakes.next()
        everyone = Role(id=guild_id, name="@everyone", permissions=permissions.ORDINARY)
        guild = Guild(id=guild_id, name=name, owner_id=owner.id, roles={everyone.id: everyone})
        self.world.guilds[guild.id] = guild
        self.join(guild, owner)
        return guild

    def boost(self, guild: Guild, tier: int) -> None:
        """Members pay for a server: among other things, its files may be larger."""
        guild.boost_tier = tier
        guild.attachment_limit = BOOSTED_LIMITS[tier] * 2**20
        self.news.tell("GUILD_UPDATE", self.payloads.guild(guild), guild)

    def join(self, guild: Guild, user: User) -> Member:
        """A person comes, or the bot with a role of its own."""
        if user.id in guild.members:
            return guild.members[user.id]
        member = Member(user_id=user.id, joined_at=self.world.clock.now())
        guild.members[user.id] = member
        if user.is_bot:
            role = bots_role(self.world, self.world.snowflakes.next())
            guild.roles[role.id] = role
            member.role_ids.append(role.id)
            self.news.tell("GUILD_CREATE", lambda session: self.greeting(session, guild), guild)
        else:
            payload = self.payloads.member(member) | {"guild_id": guild.id}
            self.news.tell("GUILD_MEMBER_ADD", payload, guild, intent=GUILD_MEMBERS)
        return member

    def greeting(self, session: Session, guild: Guild) -> Json:
        with_members = bool(session.intents & GUILD_MEMBERS)
        return self.payloads.guild_create(guild, with_members=with_members)

    def leave(self, guild: Guild, user: User) -> None:
        """A person goes, or the bot is shown out and its role with it."""
        self.member(guild, user.id)
        if user.is_bot:
            self.news.tell("GUILD_DELETE", {"id": guild.id}, guild)
            for role in [one for one in guild.roles.values() if one.bot_id]:
                del guild.roles[role.id]
        else:
            payload = {"guild_id": guild.id, "user": self.payloads.user(user)}
            self.news.tell("GUILD_MEMBER_REMOVE", payload, guild, intent=GUILD_MEMBERS)
        del guild.members[user.id]
        self.news.tell_people()

    def member(self, guild: Guild, user_id: str) -> Member:
        if user_id not in guild.members:
            raise UnknownMember
        return guild.members[user_id]

    def role(self, guild: Guild, role_id: str) -> Role:
        if role_id not in guild.roles:
            raise UnknownRole
        return guild.roles[role_id]

    def add_role(
        self, guild: Guild, name: str, granted: int, color: int, *, is_lowest: bool = False
    ) -> Role:
        """A new role above all others, or below all but everyone's, which moves them up."""
        if len(guild.roles) >= MAX_ROLES:
            raise TooManyRoles
        others = [role for role in guild.roles.values() if role.id != guild.id]
        highest = max((role.position for role in others), default=0)
        role = Role(
            id=self.world.snowflakes.next(),
            name=name,
            permissions=granted,
            position=1 if is_lowest else highest + 1,
            color=color,
        )
        guild.roles[role.id] = role
        self.tell_role("GUILD_ROLE_CREATE", guild, role)
        if is_lowest:
            for other in others:
                other.position += 1
                self.tell_role("GUILD_ROLE_UPDATE", guild, other)
        return role

    def tell_role(self, event: str, guild: Guild, role: Role) -> None:
        self.news.tell(event, {"guild_id": guild.id, "role": self.payloads.role(role)}, guild)

    def change_role(
        self,
        guild: Guild,
        role: Role,
        *,
        name: str | None = None,
        granted: int | None = None,
        color: int | None = None,
    ) -> None:
        role.color = role.color if color is None else color
        role.name = role.name if name is None else name
        role.permissions = role.permissions if granted is None else granted
        self.tell_role("GUILD_ROLE_UPDATE", guild, role)

    def remove_role(self, guild: Guild, role: Role) -> None:
        """The role goes, from its members and from every channel's overwrites too."""
        del guild.roles[role.id]
        for channel_id in guild.channel_ids:
            self.world.channels[channel_id].overwrites.pop(role.id, None)
        for member in guild.members.values():
            if role.id in member.role_ids:
                self.take_role(guild, member, role)
        self.news.tell("GUILD_ROLE_DELETE", {"guild_id": guild.id, "role_id": role.id}, guild)

    def give_role(self, guild: Guild, member: Member, role: Role) -> None:
        if role.id not in member.role_ids:
            member.role_ids.append(role.id)
            self.tell_member(guild, member)

    def take_role(self, guild: Guild, member: Member, role: Role) -> None:
        if role.id in member.role_ids:
            member.role_ids.remove(role.id)
            self.tell_member(guild, member)

    def tell_member(self, guild: Guild, member: Member) -> None:
        payload = self.payloads.member(member) | {"guild_id": guild.id}
        # About itself a bot is told whatever it listens to.
        intent = 0 if member.user_id == self.world.bot.id else GUILD_MEMBERS
        self.news.tell("GUILD_MEMBER_UPDATE", payload, guild, intent=intent)

    def add_channel(self, guild: Guild, name: str, topic: str | None, *, is_nsfw: bool) -> Channel:
        channel = self.world.add_channel(guild, name, topic)
        channel.is_nsfw = is_nsfw
        self.news.tell("CHANNEL_CREATE", self.payloads.channel(channel), guild)
        return channel

    def change_channel(
        self,
        channel: Channel,
        *,
        name: str | None = None,
        topic: str | None = None,
        is_nsfw: bool | None = None,
    ) -> None:
        channel.name = channel.name if name is None else name
        channel.topic = channel.topic if topic is None else topic
        channel.is_nsfw = channel.is_nsfw if is_nsfw is None else is_nsfw
        self.tell_channel("CHANNEL_UPDATE", channel)

    def overwrite(self, channel: Channel, target_id: str, allow: int, deny: int) -> None:
        """What a role or a member may and may not do in one channel; 0 and 0 is no rule."""
        if allow or deny:
            channel.overwrites[target_id] = (allow, deny)
        else:
            channel.overwrites.pop(target_id, None)
        self.tell_channel("CHANNEL_UPDATE", channel)

    def tell_channel(self, event: str, channel: Channel) -> None:
        guild = self.world.guild_of(channel)
        if guild:
            self.news.tell(event, self.payloads.channel(channel), guild)

    def remove_channel(self, channel: Channel) -> None:
        """A channel goes, with its threads and everything said in them."""
        guild = self.world.guild_of(channel)
        if guild is None:
            raise WrongChannelType
        for thread in self.world.threads_of(channel):
            self.remove_channel(thread)
        payload = self.payloads.channel(channel)
        for message in channel.messages.values():
            self.world.retire(message.attachments)
        del self.world.channels[channel.id]
        if isinstance(channel, Thread):
            guild.thread_ids.remove(channel.id)
            kept = ("id", "guild_id", "parent_id", "type")
            gone = {key: payload[key] for key in kept}
            self.news.tell("THREAD_DELETE", gone, guild)
        else:
            guild.channel_ids.remove(channel.id)
            self.news.tell("CHANNEL_DELETE", payload, guild)
