"""Somebody who asks for something: by a command, a button or a form, or by writing a message."""

from datetime import UTC, datetime
from typing import Any, Protocol

import discord

from bot.commands.desk import Desk
from bot.intake.origin import defer, defer_in_place, roles_of
from bot.intake.permissions import check_granted, check_permissions
from bot.records.origin import DEFAULT_FILE_LIMIT, Origin


class Asking(Protocol):
    """One wish of one person."""

    @property
    def user(self) -> discord.User | discord.Member:
        """Whose wish it is."""

    @property
    def guild_id(self) -> int | None:
        """Where; None in direct messages."""

    @property
    def channel_id(self) -> int | None:
        """Where in it."""

    def check(self) -> None:
        """Raise `Refusal` where no answer could be posted."""

    async def promise(self) -> Origin:
        """Let everybody see that an answer follows, and remember where it goes."""

    async def show(self, content: str, file: discord.File, view: discord.ui.View) -> None:
        """Show something where the answer was promised, before it comes."""


class InteractionAsking:
    """A wish whose answer Discord waits for."""

    def __init__(self, desk: Desk, interaction: discord.Interaction[Any]) -> None:
        self._desk = desk
        self._interaction = interaction

    @property
    def user(self) -> discord.User | discord.Member:
        return self._interaction.user

    @property
    def guild_id(self) -> int | None:
        return self._interaction.guild_id

    @property
    def channel_id(self) -> int | None:
        return self._interaction.channel_id

    def check(self) -> None:
        check_permissions(self._interaction, self._desk.texts)

    async def promise(self) -> Origin:
        return await defer(self._interaction)

    async def show(self, content: str, file: discord.File, view: discord.ui.View) -> None:
        await self._interaction.edit_original_response(
            content=content, attachments=[file], view=view
        )


class EditedAsking(InteractionAsking):
    """A press whose answer takes the place of the message that the button stands in."""

    async def promise(self) -> Origin:
        return await defer_in_place(self._interaction)


class MessageAsking:
    """A wish that somebody wrote; the placeholder is a message of ours that replies to it."""

    def __init__(self, desk: Desk, message: discord.Message) -> None:
        self._desk = desk
        self._message = message
        self._placeholder: discord.Message | None = None

    @property
    def user(self) -> discord.User | discord.Member:
        return self._message.author

    @property
    def guild_id(self) -> int | None:
        return self._message.guild.id if self._message.guild else None

    @property
    def channel_id(self) -> int | None:
        return self._message.channel.id

    def check(self) -> None:
        if self._message.guild:
            granted = self._message.channel.permissions_for(self._message.guild.me)
            check_granted(granted, self._message.channel, self._desk.texts)

    async def promise(self) -> Origin:
        message, guild = self._message, self._message.guild
        await self.say(self._desk.texts("mention.on_its_way"))
        assert self._placeholder
        return Origin(
            user_id=message.author.id,
            user_name=message.author.name,
            guild_id=guild.id if guild else None,
            guild_name=guild.name if guild else None,
            channel_id=message.channel.id,
            placeholder_id=self._placeholder.id,
            interaction_token=None,
            token_expires_at=datetime.now(UTC),
            file_limit=guild.filesize_limit if guild else DEFAULT_FILE_LIMIT,
            roles=roles_of(message.author),
        )

    async def show(self, content: str, file: discord.File, view: discord.ui.View) -> None:
        assert self._placeholder, "promised before"
        await self._placeholder.edit(content=content, attachments=[file], view=view)

    async def say(self, content: str) -> None:
        """Answer with this: in the placeholder, if it stands there already."""
        if self._placeholder:
            await self._placeholder.edit(content=content, attachments=[], view=None)
        else:
            self._placeholder = await self._message.reply(content, mention_author=True)
