"""Everything a person can do: write, call a command, press, choose, fill in, dismiss."""

from collections.abc import Sequence

from bot.local_discord.cdn import UploadedFile, largest, make_attachment
from bot.local_discord.commands import MESSAGE_MENU, SLASH, USER_MENU, Commands
from bot.local_discord.forms.base import parse
from bot.local_discord.forms.messages import AllowedMentions, MessageForm
from bot.local_discord.interactions.interaction import Interaction, Kind
from bot.local_discord.interactions.modals import submitted
from bot.local_discord.interactions.payloads import InteractionPayloads
from bot.local_discord.interactions.refusals import Impossible
from bot.local_discord.interactions.registry import Interactions
from bot.local_discord.message import Attachment, Message
from bot.local_discord.messages import Messages, Origin
from bot.local_discord.people.components import find_component, pressed
from bot.local_discord.people.options import fill_in
from bot.local_discord.people.resolving import Resolver
from bot.local_discord.permissions import (
    MANAGE_MESSAGES,
    VIEW_CHANNEL,
    permissions_in,
    sending_in,
)
from bot.local_discord.unknown import UnknownMessage
from bot.local_discord.wire import Json
from bot.local_discord.world import Channel, Command, User, World

REPLY = 19  # message type


class Actor:
    """One person before their client; refuses with a sentence what the client would not offer."""

    def __init__(
        self,
        user: User,
        *,
        world: World,
        commands: Commands,
        messages: Messages,
        interactions: Interactions,
    ) -> None:
        self.user = user
        self.world = world
        self.commands = commands
        self.messages = messages
        self.interactions = interactions
        self.payloads: InteractionPayloads = interactions.payloads

    def channel(self, channel_id: str) -> Channel:
        """A channel the person can see."""
        channel = self.world.channel(channel_id)
        guild = self.world.guild_of(channel)
        if guild is None and self.user.id not in channel.recipient_ids:
            raise Impossible(f"{self.user.display_name} is not in that conversation.")
        if not permissions_in(guild, channel, self.user.id) & VIEW_CHANNEL:
            raise Impossible(f"{self.user.display_name} cannot see that channel.")
        return channel

    def message(self, channel_id: str, message_id: str) -> Message:
        """A message the person can see."""
        channel = self.channel(channel_id)
        message = self.world.message(channel.id, message_id)
        if message.visible_to and message.visible_to != self.user.id:
            raise UnknownMessage
        return message

    def history(self, channel_id: str, *, limit: int, before: str | None) -> list[Message]:
        """The newest messages, oldest of them first."""
        seen = [
            message
            for message in self.channel(channel_id).messages.values()
            if message.visible_to in (None, self.user.id)
            and (before is None or int(message.id) < int(before))
        ]
        return seen[-limit:]

    def write(
        self,
        channel_id: str,
        text: str,
        files: Sequence[UploadedFile],
        reply_to: str | None,
        *,
        notify: bool = True,
    ) -> Message:
        """An ordinary message, as anybody writes them; a reply notifies unless one says no."""
        channel = self.channel(channel_id)
        self.require(channel, sending_in(channel), "cannot write in this channel")
        allowed = AllowedMentions(parse=["users", "roles", "everyone"], replied_user=notify)
        form: MessageForm = parse(MessageForm, {"content": text, "allowed_mentions": allowed})
        if reply_to:
            self.message(channel_id, reply_to)
        origin = Origin(author_id=self.user.id, type=REPLY if reply_to else 0, reply_to=reply_to)
        limit = self.user.attachment_limit
        return self.messages.create(channel, form, files, origin, limit=limit)

    def upload(self, channel_id: str, file: UploadedFile) -> Attachment:
        """A file for a command's option or a modal; it belongs to no message yet."""
        channel = self.channel(channel_id)
        guild = self.world.guild_of(channel)
        limit = max(guild.attachment_limit if guild else 0, self.user.attachment_limit)
        if largest([file]) > limit:
            raise Impossible(f"{file.filename} is larger than {limit // 2**20} MiB.")
        made = make_attachment(
            file, attachment_id=self.world.snowflakes.next(), channel_id=channel.id
        )
        made.is_ephemeral = True
        self.world.attachments[made.id] = made
        return made

    def usable_commands(self, channel_id: str) -> list[Command]:
        return self.commands.usable(self.user.id, self.channel(channel_id))

    def command(self, channel: Channel, name: str, kind: int) -> tuple[Command, list[str]]:
        """A command by the name people read, which ends in its subcommands."""
        usable = {
            one.name: one for one in self.commands.usable(self.user.id, channel) if one.type == kind
        }
        if kind != SLASH and name in usable:
            return usable[name], []
        head, *path = name.split()
        if head not in usable:
            there_are = ", ".join(sorted(usable)) or "none"
            raise Impossible(f"There is no command {name} here; there are: {there_are}.")
        return usable[head], path

    def call(self, channel_id: str, name: str, values: Json) -> Interaction:
        """A slash command with its options."""
        return self.start_command(channel_id, name, values, Kind.COMMAND, None)

    def ask(self, channel_id: str, name: str, values: Json, focused: str) -> Interaction:
        """Suggestions for the option that is being typed."""
        return self.start_command(channel_id, name, values, Kind.AUTOCOMPLETE, focused)

    def start_command(
        self, channel_id: str, name: str, values: Json, kind: Kind, focused: str | None
    ) -> Interaction:
        channel = self.channel(channel_id)
        command, path = self.command(channel, name, SLASH)
        resolver = self.resolver(channel)
        filled = fill_in(command, path, values, resolver, focused=focused)
        data: Json = {"id": command.id, "name": command.name, "type": command.type}
        if command.guild_id:
            data["guild_id"] = command.guild_id
        if filled.options:
            data["options"] = filled.options
        if resolver.resolved:
            data["resolved"] = resolver.resolved
        return self.interactions.start(
            kind,
            user_id=self.user.id,
            channel=channel,
            data=data,
            owners=self.commands.owners(command, self.user.id, channel),
            command_name=filled.full_name,
        )

    def use_menu(
        self, channel_id: str, name: str, *, message_id: str | None, user_id: str | None
    ) -> Interaction:
        """A command from the menu of a message or of a user."""
        channel = self.channel(channel_id)
        kind = MESSAGE_MENU if message_id else USER_MENU
        command, _ = self.command(channel, name, kind)
        resolver = self.resolver(channel)
        if message_id:
            target = self.payloads.messages.message(self.message(channel_id, message_id))
            resolver.resolved["messages"] = {message_id: target}
        elif user_id:
            resolver.add_selected({"type": 5, "custom_id": name}, [user_id])
        data: Json = {
            "id": command.id,
            "name": command.name,
            "type": command.type,
            "target_id": message_id or user_id,
            "resolved": resolver.resolved,
        }
        return self.interactions.start(
            Kind.COMMAND,
            user_id=self.user.id,
            channel=channel,
            data=data,
            owners=self.commands.owners(command, self.user.id, channel),
            command_name=command.name,
        )

    def press(
        self, channel_id: str, message_id: str, custom_id: str, values: list[str] | None
    ) -> Interaction:
        """A button, or a choice in a select."""
        message = self.message(channel_id, message_id)
        component = find_component(message.components, custom_id)
        channel = self.channel(channel_id)
        data = pressed(component, values, self.resolver(channel))
        # Whoever brought the app to a message also brought it to what is pressed there.
        owners = {"0": channel.guild_id or "0"}
        if message.interaction:
            owners = message.interaction["authorizing_integration_owners"]
        return self.interactions.start(
            Kind.COMPONENT,
            user_id=self.user.id,
            channel=channel,
            data=data,
            owners=owners,
            source_id=message.id,
        )

    def submit(self, interaction_id: str, values: Json) -> Interaction:
        """The modal that an interaction opened, filled in."""
        opener = self.interactions.by_id.get(interaction_id)
        if opener is None or opener.modal is None or opener.user_id != self.user.id:
            raise Impossible("That modal is not open.")
        channel = self.world.channel(opener.channel_id)
        resolver = self.resolver(channel)
        modal = opener.modal
        data: Json = {"custom_id": modal["custom_id"]}
        data["components"] = submitted(modal, values, resolver.add_selected)
        if resolver.resolved:
            data["resolved"] = resolver.resolved
        opener.modal = None
        return self.interactions.start(
            Kind.MODAL,
            user_id=self.user.id,
            channel=channel,
            data=data,
            owners=opener.owners,
            source_id=opener.source_id,
            triggered_by=self.payloads.metadata(opener, is_followup=False),
        )

    def rewrite(self, channel_id: str, message_id: str, text: str) -> Message:
        """Another text for a message of one's own."""
        message = self.message(channel_id, message_id)
        if message.author_id != self.user.id:
            raise Impossible("Only the author can edit this message.")
        form: MessageForm = parse(MessageForm, {"content": text})
        return self.messages.edit(message, form, [])

    def delete(self, channel_id: str, message_id: str) -> None:
        """Takes an ephemeral message off the screen, deletes one's own, or as a moderator any."""
        message = self.message(channel_id, message_id)
        if not message.is_ephemeral and message.author_id != self.user.id:
            sentence = "cannot delete what others wrote: that takes Manage Messages"
            self.require(self.channel(channel_id), MANAGE_MESSAGES, sentence)
        self.messages.delete(message)

    def require(self, channel: Channel, needed: int, sentence: str) -> None:
        """Refuses, with what this person cannot do, where a permission is missing."""
        guild = self.world.guild_of(channel)
        if permissions_in(guild, channel, self.user.id) & needed != needed:
            raise Impossible(f"{self.user.display_name} {sentence}.")

    def resolver(self, channel: Channel) -> Resolver:
        return Resolver(self.world, self.payloads, channel, self.user.id)
