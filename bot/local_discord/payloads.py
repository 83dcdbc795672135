"""The world in Discord's own JSON shapes.

Fields that discord.py never reads stand here too: stricter libraries of other languages need them.
"""

from bot.local_discord.clock import iso
from bot.local_discord.permissions import VIEW_CHANNEL, permissions_in
from bot.local_discord.wire import Json
from bot.local_discord.world import (
    DM,
    PRIVATE_THREAD,
    Channel,
    Command,
    Emoji,
    Guild,
    Member,
    Role,
    Thread,
    User,
    World,
)

NUM_BOOSTS = (0, 2, 7, 14)  # that a server of each tier has at least


class Payloads:
    """Turns what is in a world into what a client reads."""

    def __init__(self, world: World) -> None:
        self.world = world

    def user(self, user: User) -> Json:
        return {
            "id": user.id,
            "username": user.name,
            "global_name": None if user.is_bot else user.display_name,
            "discriminator": "0000" if user.is_bot else "0",
            "avatar": None,
            "banner": None,
            "accent_color": None,
            "avatar_decoration_data": None,
            "collectibles": None,
            "primary_guild": None,
            "public_flags": 0,
            "flags": 0,
            "bot": user.is_bot,
            "system": False,
        }

    def own_user(self) -> Json:
        return self.user(self.world.bot) | {
            "mfa_enabled": True,
            "locale": "en-US",
            "premium_type": 0,
            "email": None,
            "verified": True,
        }

    def application(self) -> Json:
        application = self.world.application
        return {
            "id": application.id,
            "name": application.name,
            "icon": None,
            "description": application.description,
            "summary": "",  # long empty, but interactions.py will not do without it
            "type": None,
            "bot": self.user(self.world.bot),
            "bot_public": True,
            "bot_require_code_grant": False,
            "integration_types_config": {"0": {}, "1": {}},
            "verify_key": "0" * 64,
            "flags": application.flags,
            "flags_new": str(application.flags),
            "tags": [],
            "redirect_uris": [],
            "interactions_endpoint_url": None,
            "role_connections_verification_url": None,
            "owner": self.user(self.world.user(application.owner_id)),
            "approximate_guild_count": len(self.world.guilds),
            "approximate_user_install_count": 0,
            "approximate_user_authorization_count": 0,
            "event_webhooks_url": None,
            "event_webhooks_status": 1,
            "event_webhooks_types": [],
            "explicit_content_filter": 0,
            "team": None,
            "eligible_oauth2_scopes": ["bot", "applications.commands"],
        }

    def role(self, role: Role) -> Json:
        return {
            "id": role.id,
            "name": role.name,
            "permissions": str(role.permissions),
            "position": role.position,
            "color": role.color,
            "colors": {
                "primary_color": role.color,
                "secondary_color": None,
                "tertiary_color": None,
            },
            "hoist": False,
            "managed": role.bot_id is not None,
            "mentionable": False,
            "icon": None,
            "unicode_emoji": None,
            "flags": 0,
        } | ({"tags": {"bot_id": role.bot_id}} if role.bot_id else {})

    def emoji(self, emoji: Emoji) -> Json:
        return {
            "id": emoji.id,
            "name": emoji.name,
            "roles": [],
            "user": self.user(self.world.user(emoji.creator_id)),
            "require_colons": True,
            "managed": False,
            "animated": emoji.is_animated,
            "available": True,
        }

    def reaction_emoji(self, key: str) -> Json:
        """An emoji as reactions name it; one that was removed since has lost its name."""
        if not key.isdigit():
            return {"id": None, "name": key}
        emoji = self.world.emojis.get(key)
        if emoji is None:
            return {"id": key, "name": None}
        return {"id": key, "name": emoji.name, "animated": emoji.is_animated}

    def partial_member(self, member: Member) -> Json:
        return {
            "roles": list(member.role_ids),
            "joined_at": iso(member.joined_at),
            "nick": member.nick,
            "avatar": None,
            "banner": None,
            "avatar_decoration_data": None,
            "collectibles": None,
            "premium_since": None,
            "communication_disabled_until": None,
            "pending": False,
            "flags": 0,
            "mute": False,
            "deaf": False,
        }

    def member(self, member: Member) -> Json:
        return self.partial_member(member) | {"user": self.user(self.world.user(member.user_id))}

    def channel(self, channel: Channel, *, seen_by: str | None = None) -> Json:
        """A channel; a private one is named by the others in it, for the bot or for a person."""
        common: Json = {
            "id": channel.id,
            "type": channel.type,
            "flags": 0,
            "last_message_id": channel.last_message_id,
        }
        if channel.type == DM:
            viewer = seen_by or self.world.bot.id
            others = [user_id for user_id in channel.recipient_ids if user_id != viewer]
            users = [self.user(self.world.user(user_id)) for user_id in others]
            return common | {"recipients": users}
        common |= {"guild_id": channel.guild_id, "name": channel.name}
        if isinstance(channel, Thread):
            return common | self.thread(channel)
        return common | {
            "position": channel.position,
            "topic": channel.topic,
            "nsfw": channel.is_nsfw,
            "parent_id": None,
            "rate_limit_per_user": 0,
            "last_pin_timestamp": iso(channel.last_pin_at) if channel.last_pin_at else None,
            "permission_overwrites": [
                {
                    "id": target,
                    "type": 0 if target in self.world.guilds[channel.guild_id or ""].roles else 1,
                    "allow": str(allow),
                    "deny": str(deny),
                }
                for target, (allow, deny) in channel.overwrites.items()
            ],
        }

    def thread(self, thread: Thread) -> Json:
        """What a thread has beside what every channel of a server has, as the bot sees it."""
        payload: Json = {
            "parent_id": thread.parent_id,
            "owner_id": thread.owner_id,
            "rate_limit_per_user": 0,
            "message_count": thread.num_sent,
            "total_message_sent": thread.num_sent,
            "member_count": min(len(thread.joined_at), 50),
            "thread_metadata": {
                "archived": thread.is_archived,
                "archive_timestamp": iso(thread.archive_changed_at),
                "auto_archive_duration": thread.archive_after,
                "locked": thread.is_locked,
                "create_timestamp": iso(thread.created_at),
            },
        }
        if thread.type == PRIVATE_THREAD:
            payload["thread_metadata"]["invitable"] = True
        if self.world.bot.id in thread.joined_at:
            payload["member"] = self.thread_member(thread, self.world.bot.id)
        return payload

    def thread_member(self, thread: Thread, user_id: str) -> Json:
        joined_at = iso(thread.joined_at[user_id])
        return {"id": thread.id, "user_id": user_id, "join_timestamp": joined_at, "flags": 0}

    def active_threads(self, guild: Guild, user_id: str) -> list[Thread]:
        """The threads of a server that are open and that somebody sees."""
        threads = [self.world.channels[key] for key in guild.thread_ids]
        return [
            one
            for one in threads
            if isinstance(one, Thread)
            and not one.is_archived
            and permissions_in(guild, one, user_id) & VIEW_CHANNEL
        ]

    def guild(self, guild: Guild) -> Json:
        return {
            "id": guild.id,
            "name": guild.name,
            "icon": None,
            "description": None,
            "home_header": None,
            "splash": None,
            "discovery_splash": None,
            "features": [],
            "banner": None,
            "owner_id": guild.owner_id,
            "application_id": None,
            "region": "us-west",
            "afk_channel_id": None,
            "afk_timeout": 300,
            "system_channel_id": None,
            "system_channel_flags": 0,
            "widget_enabled": False,
            "widget_channel_id": None,
            "verification_level": 0,
            "roles": [self.role(role) for role in guild.roles.values()],
            "default_message_notifications": 1,
            "mfa_level": 0,
            "explicit_content_filter": 0,
            "max_presences": None,
            "max_members": 500_000,
            "max_stage_video_channel_users": 50,
            "max_video_channel_users": 25,
            "vanity_url_code": None,
            "premium_tier": guild.boost_tier,
            "premium_subscription_count": NUM_BOOSTS[guild.boost_tier],
            "premium_progress_bar_enabled": False,
            "preferred_locale": "en-US",
            "rules_channel_id": None,
            "safety_alerts_channel_id": None,
            "public_updates_channel_id": None,
            "hub_type": None,
            "nsfw": False,
            "nsfw_level": 0,
            "emojis": [self.emoji(one) for one in self.world.emojis_of(guild.id)],
            "stickers": [],
            "incidents_data": None,
        }

    def guild_create(self, guild: Guild, *, with_members: bool) -> Json:
        """A guild as the gateway sends it; without the members intent, only the bot is listed."""
        members = [
            self.member(member)
            for member in guild.members.values()
            if with_members or member.user_id == self.world.bot.id
        ]
        return self.guild(guild) | {
            "unavailable": False,
            "large": False,
            "joined_at": iso(guild.members[self.world.bot.id].joined_at),
            "member_count": len(guild.members),
            "members": members,
            "channels": [self.channel(self.world.channels[key]) for key in guild.channel_ids],
            "threads": [self.channel(one) for one in self.active_threads(guild, self.world.bot.id)],
            "presences": [],
            "voice_states": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
        }

    def command(self, command: Command) -> Json:
        return command.body | {
            "id": command.id,
            "application_id": self.world.application.id,
            "version": command.version,
            "type": command.type,
            "name": command.name,
        }
