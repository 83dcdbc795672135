"""All interactions: starting them, finding them by id or token, giving them up in time."""

import base64
import secrets

from bot.local_discord.errors import InvalidWebhookToken
from bot.local_discord.feed import Feed
from bot.local_discord.gateway.sessions import Sessions
from bot.local_discord.interactions.interaction import Interaction, Kind
from bot.local_discord.interactions.payloads import InteractionPayloads
from bot.local_discord.permissions import USE_EXTERNAL_APPS, permissions_in
from bot.local_discord.unknown import UnknownInteraction, UnknownWebhook
from bot.local_discord.wire import Json
from bot.local_discord.world import Channel, World

KEPT = 2000  # interactions remembered


class Interactions:
    """Hands what people do to the bot, and watches the clock."""

    def __init__(
        self, world: World, payloads: InteractionPayloads, sessions: Sessions, feed: Feed
    ) -> None:
        self.world = world
        self.payloads = payloads
        self.sessions = sessions
        self.feed = feed
        self.by_id: dict[str, Interaction] = {}
        self.by_token: dict[str, Interaction] = {}

    def start(
        self,
        kind: Kind,
        *,
        user_id: str,
        channel: Channel,
        data: Json,
        owners: dict[str, str],
        command_name: str | None = None,
        source_id: str | None = None,
        triggered_by: Json | None = None,
    ) -> Interaction:
        """A new interaction, already on its way to the bot."""
        interaction_id = self.world.snowflakes.next()
        interaction = Interaction(
            id=interaction_id,
            token=make_token(interaction_id),
            kind=kind,
            user_id=user_id,
            channel_id=channel.id,
            guild_id=channel.guild_id,
            created_at=self.world.clock.now(),
            data=data,
            owners=owners,
            attachment_limit=self.attachment_limit(channel, user_id),
            is_bot_there=self.world.is_bot_in(channel),
            is_hushed=self.is_hushed(channel, user_id),
            command_name=command_name,
            source_id=source_id,
            triggered_by=triggered_by,
        )
        if kind == Kind.COMMAND and data["type"] == 2:
            interaction.target_user_id = data["target_id"]
        if kind == Kind.COMMAND and data["type"] == 3:
            interaction.target_message_id = data["target_id"]
        self.remember(interaction)
        self.tell(interaction)
        payload = self.payloads.create(interaction)
        self.sessions.dispatch("INTERACTION_CREATE", payload, guild_id=self.routed_by(channel))
        return interaction

    def attachment_limit(self, channel: Channel, user_id: str) -> int:
        """The larger of what the place allows and what the person has from Discord."""
        guild = self.world.guild_of(channel)
        own = self.world.user(user_id).attachment_limit
        return max(guild.attachment_limit, own) if guild else own

    def is_hushed(self, channel: Channel, user_id: str) -> bool:
        """Whether a server keeps from others what an app of this person's own answers."""
        guild = self.world.guild_of(channel)
        granted = permissions_in(guild, channel, user_id)
        return not self.world.is_bot_in(channel) and not granted & USE_EXTERNAL_APPS

    def routed_by(self, channel: Channel) -> str | None:
        """The server whose shard is told; what has none is told to the first."""
        return channel.guild_id if self.world.is_bot_in(channel) else None

    def remember(self, interaction: Interaction) -> None:
        self.by_id[interaction.id] = self.by_token[interaction.token] = interaction
        while len(self.by_id) > KEPT:
            oldest = self.by_id.pop(next(iter(self.by_id)))
            del self.by_token[oldest.token]

    def to_respond(self, interaction_id: str, token: str) -> Interaction:
        """The interaction a callback is for; late, revoked or never seen, it is unknown."""
        interaction = self.by_id.get(interaction_id)
        if interaction is None or interaction.token != token or interaction.is_revoked:
            raise UnknownInteraction
        if interaction.answered_with is None and not interaction.may_respond(
            self.world.clock.now()
        ):
            raise UnknownInteraction
        return interaction

    def to_follow_up(self, application_id: str, token: str) -> Interaction:
        """The interaction behind a webhook call; it must have been answered, and be young."""
        interaction = self.by_token.get(token)
        if interaction is None or application_id != self.world.application.id:
            raise UnknownWebhook
        if not interaction.token_lives(self.world.clock.now()):
            raise InvalidWebhookToken
        if interaction.answered_with is None or interaction.kind == Kind.AUTOCOMPLETE:
            raise UnknownWebhook
        return interaction

    def views(self, user_id: str, channel_id: str) -> list[Json]:
        """A person's interactions in a channel that the page must know after a reload."""
        return [
            interaction.view()
            for interaction in self.by_id.values()
            if (interaction.user_id, interaction.channel_id) == (user_id, channel_id)
            and interaction.kind != Kind.AUTOCOMPLETE
        ]

    def tell(self, interaction: Interaction) -> None:
        if interaction.kind != Kind.AUTOCOMPLETE:
            event = {"type": "INTERACTION", "interaction": interaction.view()}
            self.feed.tell(event, to={interaction.user_id})

    def settle(self, interaction: Interaction) -> None:
        """The bot has answered, or has let the time pass."""
        interaction.settled.set()
        self.tell(interaction)

    def give_up_overdue(self) -> None:
        """Marks what was not answered in time, or not finished while its token lived."""
        now = self.world.clock.now()
        for interaction in self.by_id.values():
            if interaction.has_failed:
                continue
            unanswered = interaction.answered_with is None and not interaction.may_respond(now)
            if unanswered or (self.is_thinking(interaction) and not interaction.token_lives(now)):
                interaction.has_failed = True
                self.settle(interaction)

    def is_thinking(self, interaction: Interaction) -> bool:
        channel = self.world.channels.get(interaction.channel_id)
        original = channel.messages.get(interaction.original_id or "") if channel else None
        return original is not None and original.is_loading


def make_token(interaction_id: str) -> str:
    """A token in Discord's shape: base64 of a readable head and a long secret."""
    return base64.urlsafe_b64encode(
        f"interaction:{interaction_id}:{secrets.token_urlsafe(96)}".encode()
    ).decode()
