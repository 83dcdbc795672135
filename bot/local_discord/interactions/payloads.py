"""INTERACTION_CREATE as the gateway sends it, and the trace an interaction leaves on messages."""

from bot.local_discord.interactions.interaction import Interaction, Kind
from bot.local_discord.message_payloads import MessagePayloads
from bot.local_discord.permissions import (
    ATTACH_FILES,
    EMBED_LINKS,
    MENTION_EVERYONE,
    USE_EXTERNAL_EMOJIS,
    permissions_in,
)
from bot.local_discord.wire import Json
from bot.local_discord.world import Channel, World

LOCALE = "en-US"
BROUGHT_ALONG = ATTACH_FILES | EMBED_LINKS | MENTION_EVERYONE  # permissions without membership


class InteractionPayloads:
    """Tells the bot who did what where."""

    def __init__(self, world: World, messages: MessagePayloads) -> None:
        self.world = world
        self.messages = messages
        self.payloads = messages.payloads

    def create(self, interaction: Interaction) -> Json:
        channel = self.world.channel(interaction.channel_id)
        payload: Json = {
            "id": interaction.id,
            "application_id": self.world.application.id,
            "type": int(interaction.kind),
            "token": interaction.token,
            "version": 1,
            "data": interaction.data,
            "channel_id": channel.id,
            "channel": self.channel(channel, interaction.user_id),
            "locale": LOCALE,
            "app_permissions": str(self.granted_to_app(channel)),
            "entitlements": [],
            "authorizing_integration_owners": interaction.owners,
            "context": self.world.context(channel),
            "attachment_size_limit": interaction.attachment_limit,
        }
        payload |= self.person(interaction, channel)
        if interaction.source_id:
            source = self.world.message(channel.id, interaction.source_id)
            payload["message"] = self.messages.message(source)
        return payload

    def person(self, interaction: Interaction, channel: Channel) -> Json:
        """Who did it: a member where there is a server, else a user."""
        guild = self.world.guild_of(channel)
        if guild is None:
            return {"user": self.payloads.user(self.world.user(interaction.user_id))}
        member = self.payloads.member(guild.members[interaction.user_id])
        granted = self.granted(channel, interaction.user_id)
        return {
            "member": member | {"permissions": str(granted), "unusual_dm_activity_until": None},
            "guild_id": guild.id,
            "guild": {"id": guild.id, "locale": LOCALE, "features": []},
            "guild_locale": LOCALE,
        }

    def channel(self, channel: Channel, user_id: str) -> Json:
        granted = self.granted(channel, user_id)
        return self.payloads.channel(channel) | {"permissions": str(granted)}

    def granted_to_app(self, channel: Channel) -> int:
        """What the app may do there; outside servers it is in, always the same few things."""
        if self.world.is_bot_in(channel):
            in_private = BROUGHT_ALONG | USE_EXTERNAL_EMOJIS
            return self.granted(channel, self.world.bot.id) if channel.guild_id else in_private
        return BROUGHT_ALONG

    def granted(self, channel: Channel, user_id: str) -> int:
        return permissions_in(self.world.guild_of(channel), channel, user_id)

    def metadata(self, interaction: Interaction, *, is_followup: bool) -> Json:
        """Discord's interaction_metadata: what made a message."""
        trace: Json = {
            "id": interaction.id,
            "type": int(interaction.kind),
            "user": self.payloads.user(self.world.user(interaction.user_id)),
            "authorizing_integration_owners": interaction.owners,
        }
        if interaction.kind == Kind.COMPONENT:
            trace["interacted_message_id"] = interaction.source_id
        if interaction.kind == Kind.MODAL:
            trace["triggering_interaction_metadata"] = interaction.triggered_by
        if interaction.target_message_id:
            trace["target_message_id"] = interaction.target_message_id
        if interaction.target_user_id:
            target = self.world.user(interaction.target_user_id)
            trace["target_user"] = self.payloads.user(target)
        if is_followup and interaction.original_id:
            trace["original_response_message_id"] = interaction.original_id
        return trace
