"""Messages in Discord's own JSON shape, with freshly signed URLs for their files."""

from collections.abc import Iterator, Sequence
from typing import Any

from bot.local_discord.cdn import Cdn
from bot.local_discord.clock import iso
from bot.local_discord.message import Attachment, Message
from bot.local_discord.payloads import Payloads
from bot.local_discord.wire import Json
from bot.local_discord.world import Channel, Thread, World

SPOILER_ATTACHMENT = 1 << 3
PIN_ADDED, THREAD_CREATED, THREAD_STARTER = 6, 18, 21  # message types
WRITTEN_BY_NOBODY = {PIN_ADDED, THREAD_CREATED, THREAD_STARTER}


class MessagePayloads:
    """Turns stored messages into what a client reads."""

    def __init__(self, world: World, payloads: Payloads, cdn: Cdn) -> None:
        self.world = world
        self.payloads = payloads
        self.cdn = cdn

    def message(
        self, message: Message, *, with_reference: bool = True, seen_by: str | None = None
    ) -> Json:
        """A message; whose reaction is one's own depends on who sees it, the bot or a person."""
        user = self.world.user
        payload: Json = {
            "id": message.id,
            "channel_id": message.channel_id,
            "type": message.type,
            "content": message.content,
            "author": self.payloads.user(user(message.author_id)),
            "timestamp": iso(message.created_at),
            "edited_timestamp": iso(message.edited_at) if message.edited_at else None,
            "flags": message.flags,
            "tts": message.tts,
            "pinned": message.pinned_at is not None,
            "mention_everyone": message.mentions_everyone,
            "mentions": [self.payloads.user(user(key)) for key in message.mention_ids],
            "mention_roles": list(message.mention_role_ids),
            "attachments": [self.attachment(file) for file in listed_attachments(message)],
            "embeds": self.embeds(message),
            "components": [self.filled(block, message.attachments) for block in message.components],
        }
        if message.reactions:
            payload["reactions"] = self.reactions(message, seen_by or self.world.bot.id)
        return payload | self.origin(message, with_reference=with_reference)

    def reactions(self, message: Message, seen_by: str) -> list[Json]:
        return [
            {
                "emoji": self.payloads.reaction_emoji(key),
                "count": len(who),
                "count_details": {"burst": 0, "normal": len(who)},
                "me": seen_by in who,
                "me_burst": False,
                "burst_colors": [],
            }
            for key, who in message.reactions.items()
        ]

    def origin(self, message: Message, *, with_reference: bool) -> Json:
        """Where a message came from: its application, interaction and what it answers."""
        facts: Json = {
            "nonce": message.nonce,
            "application_id": message.application_id,
            "webhook_id": message.webhook_id,
            "interaction_metadata": message.interaction,
        }
        if message.interaction and message.command_name:
            facts["interaction"] = {
                "id": message.interaction["id"],
                "type": message.interaction["type"],
                "name": message.command_name,
                "user": message.interaction["user"],
            }
        facts = {key: value for key, value in facts.items() if value is not None}
        thread = self.world.channels.get(message.id)
        if isinstance(thread, Thread):
            facts["thread"] = self.payloads.channel(thread)
        if message.type == PIN_ADDED and message.reply_to:
            place = {"type": 0, "channel_id": message.channel_id, "message_id": message.reply_to}
            facts["message_reference"] = place | self.guild_id(message)
            return facts
        if message.type == THREAD_CREATED and message.thread_id:
            place = {"type": 0, "channel_id": message.thread_id}
            facts["message_reference"] = place | self.guild_id(message)
        if message.reply_to and with_reference:
            facts |= self.reference(message, message.reply_to)
        return facts

    def guild_id(self, message: Message) -> Json:
        guild_id = self.world.channels[message.channel_id].guild_id
        return {"guild_id": guild_id} if guild_id else {}

    def reference(self, message: Message, target_id: str) -> Json:
        """What a reply answers; a thread's first message is about one in the channel above."""
        channel = self.world.channels[message.channel_id]
        if message.type == THREAD_STARTER and isinstance(channel, Thread):
            channel = self.world.channels[channel.parent_id]
        target = channel.messages.get(target_id)
        place = {"type": 0, "channel_id": channel.id, "message_id": target_id}
        quoted = self.message(target, with_reference=False) if target else None
        reference: Json = {"message_reference": place | self.guild_id(message)}
        return reference | {"referenced_message": quoted}

    def without_content(self, payload: Json, channel: Channel) -> Json:
        """A message as a bot reads it without the content intent: only its own, a mention, a DM."""
        seen = dict(payload)
        quoted = payload.get("referenced_message")
        if quoted:
            seen["referenced_message"] = self.without_content(quoted, channel)
        bot_id = self.world.bot.id
        mentioned = any(user["id"] == bot_id for user in payload["mentions"])
        if payload["author"]["id"] != bot_id and not mentioned and channel.guild_id:
            seen |= {"content": "", "embeds": [], "attachments": [], "components": []}
        return seen

    def attachment(self, attachment: Attachment) -> Json:
        url = self.cdn.url(attachment)
        payload: Json = {
            "id": attachment.id,
            "filename": attachment.filename,
            "size": len(attachment.data),
            "url": url,
            "proxy_url": url,
            "content_type": attachment.content_type,
        }
        if attachment.width is not None:
            payload |= {"width": attachment.width, "height": attachment.height}
        if attachment.description:
            payload["description"] = attachment.description
        if attachment.is_ephemeral:
            payload["ephemeral"] = True
        if attachment.is_spoiler:
            payload["flags"] = SPOILER_ATTACHMENT
        return payload

    def embeds(self, message: Message) -> list[Json]:
        embeds = [self.filled(embed, message.attachments) for embed in message.embeds]
        for embed in embeds:
            for key in ("image", "thumbnail"):
                if key in embed:
                    embed[key].pop("attachment_id", None)
                    embed[key].pop("id", None)
        return embeds

    def filled(self, block: Json, files: Sequence[Attachment]) -> Json:
        """A stored block with signed URLs wherever it shows one of the message's own files."""

        def fill(value: Any) -> Any:
            if isinstance(value, list):
                return [fill(part) for part in value]
            if not isinstance(value, dict):
                return value
            copy = {key: fill(part) for key, part in value.items()}
            if "attachment_id" in value:
                copy |= self.media(by_id[value["attachment_id"]])
            return copy

        by_id = {file.id: file for file in files}
        filled: Json = fill(block)
        return filled

    def media(self, file: Attachment) -> Json:
        url = self.cdn.url(file)
        return {
            "id": file.id,
            "url": url,
            "proxy_url": url,
            "width": file.width,
            "height": file.height,
            "content_type": file.content_type,
            "attachment_id": file.id,
        }


def attachment_ids(blocks: Any) -> Iterator[str]:
    """The attachments that embeds or components show, however deep."""
    if isinstance(blocks, list):
        for block in blocks:
            yield from attachment_ids(block)
    elif isinstance(blocks, dict):
        if "attachment_id" in blocks:
            yield blocks["attachment_id"]
        for value in blocks.values():
            yield from attachment_ids(value)


def listed_attachments(message: Message) -> list[Attachment]:
    """A file that an embed shows is not listed a second time; one in a component is."""
    in_embeds = set(attachment_ids(message.embeds))
    return [file for file in message.attachments if file.id not in in_embeds]
