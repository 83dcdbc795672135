"""Somebody who asks for something: by a command, a button or a form, or by writing a message."""

from datetime import UTC, datetime
from typing import Any, Protocol

import discord

from bot.commands.artifact_options import summary
from bot.commands.desk import Desk, say
from bot.intake.origin import defer, defer_in_place, roles_of
from bot.intake.permissions import check_granted, check_permissions
from bot.jobs.artifact_resolving import Clash
from bot.records.origin import DEFAULT_FILE_LIMIT, Origin
from bot.replies.paging import option, view_of

MAX_CHOICES = 25  # Discord's limit
WHICH = "which"  # what the id of that select begins with


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

    @property
    def may_choose(self) -> bool:
        """Whether they can be asked what they mean by a name that several things have."""

    async def choose(self, clash: Clash, draft_id: str) -> None:
        """Ask that, about a wish that is kept by this id.

        Raises the `Clash` itself, which says what may be written, where there is too much to
        choose from.
        """


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

    @property
    def may_choose(self) -> bool:
        return True

    async def choose(self, clash: Clash, draft_id: str) -> None:
        if len(clash.choices) > MAX_CHOICES:
            raise clash
        desk, user_id = self._desk, self.user.id
        select: discord.ui.Select[Any] = discord.ui.Select(
            custom_id=f"{WHICH}:{draft_id}",
            placeholder=desk.texts("artifact.which_one"),
            options=[option(summary(desk, it, user_id), it.id) for it in clash.choices],
        )
        asked = desk.texts("artifact.which", name=clash.called)
        await say(self._interaction, asked, view_of([select]))


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

    @property
    def may_choose(self) -> bool:
        return False  # a message is everybody's

    async def choose(self, clash: Clash, draft_id: str) -> None:
        raise clash

    async def say(self, content: str) -> None:
        """Answer with this: in the placeholder, if it stands there already."""
        if self._placeholder:
            await self._placeholder.edit(content=content, attachments=[], view=None)
        else:
            self._placeholder = await self._message.reply(content, mention_author=True)
