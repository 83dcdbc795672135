"""What the bot says after its first answer, by the interaction's token (Discord: webhooks)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bot.local_discord.cdn import UploadedFile
from bot.local_discord.errors import TooManyFollowUps
from bot.local_discord.forms.base import parse
from bot.local_discord.forms.messages import MessageForm
from bot.local_discord.interactions.interaction import Callback, Interaction
from bot.local_discord.interactions.responses import REPLY, Responses, ephemeral
from bot.local_discord.message import Message
from bot.local_discord.messages import Messages
from bot.local_discord.unknown import UnknownMessage

ORIGINAL = "@original"
MAX_USER_INSTALLED_FOLLOWUPS = 5


class FollowUps:
    """Further messages of an answered interaction, and edits of those it made."""

    def __init__(self, responses: Responses, messages: Messages) -> None:
        self.responses = responses
        self.messages = messages
        self.world = messages.world

    def send(self, interaction: Interaction, body: Any, files: Sequence[UploadedFile]) -> Message:
        """A new message; right after a deferral it becomes the deferred one, as on Discord."""
        form: MessageForm = parse(MessageForm, body or {})
        thinking = self.thinking(interaction)
        if thinking:
            return self.messages.edit(thinking, form, files, limit=interaction.attachment_limit)
        has_sent_all = interaction.num_followups >= MAX_USER_INSTALLED_FOLLOWUPS
        if not interaction.is_bot_there and has_sent_all:
            raise TooManyFollowUps
        extra = ephemeral(interaction, form)
        origin = self.responses.origin(interaction, extra)
        metadata = self.responses.interactions.payloads.metadata(interaction, is_followup=True)
        origin = replace(
            origin,
            type=REPLY,
            interaction=metadata,
            command_name=None,
            reply_to=interaction.original_id,
            at=(),
        )
        channel = self.world.channel(interaction.channel_id)
        limit = interaction.attachment_limit
        message = self.messages.create(channel, form, files, origin, limit=limit)
        interaction.num_followups += 1
        return message

    def thinking(self, interaction: Interaction) -> Message | None:
        """The deferred message, as long as nothing stands in it."""
        if interaction.answered_with != Callback.DEFERRED_MESSAGE:
            return None
        channel = self.world.channel(interaction.channel_id)
        message = channel.messages.get(interaction.original_id or "")
        return message if message and message.is_loading else None

    def find(self, interaction: Interaction, message_id: str) -> Message:
        """@original, or a message that this application sent by webhook."""
        if message_id == ORIGINAL:
            if interaction.original_id is None:
                raise UnknownMessage
            return self.world.message(interaction.channel_id, interaction.original_id)
        message = self.world.message(interaction.channel_id, message_id)
        if message.webhook_id != self.world.application.id and message_id != interaction.source_id:
            raise UnknownMessage
        if message.visible_to and message.visible_to != interaction.user_id:
            raise UnknownMessage
        return message

    def edit(
        self,
        interaction: Interaction,
        message_id: str,
        body: Any,
        files: Sequence[UploadedFile],
    ) -> Message:
        form: MessageForm = parse(MessageForm, body or {})
        message = self.find(interaction, message_id)
        return self.messages.edit(message, form, files, limit=interaction.attachment_limit)

    def delete(self, interaction: Interaction, message_id: str) -> None:
        self.messages.delete(self.find(interaction, message_id))
