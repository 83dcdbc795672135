"""Making, changing and removing messages, whoever sends them and by whichever route."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.local_discord.cdn import UploadedFile, largest, make_attachment, safe_filename
from bot.local_discord.embeds import lay_out_embeds
from bot.local_discord.errors import (
    EmptyMessage,
    Path,
    Problem,
    RequestEntityTooLarge,
    UnknownRoute,
)
from bot.local_discord.forms.base import refuse
from bot.local_discord.forms.messages import AttachmentForm, MessageForm
from bot.local_discord.layout import Files, lay_out
from bot.local_discord.mentions import resolve
from bot.local_discord.message import (
    COMPONENTS_V2,
    EPHEMERAL,
    LOADING,
    SUPPRESS_NOTIFICATIONS,
    Attachment,
    Message,
)
from bot.local_discord.message_payloads import THREAD_STARTER, attachment_ids
from bot.local_discord.permissions import MENTION_EVERYONE, permissions_in
from bot.local_discord.publishing import Publisher
from bot.local_discord.threads import Threads
from bot.local_discord.wire import Json
from bot.local_discord.world import DEFAULT_ATTACHMENT_LIMIT, Channel, Thread, World

REPLY = 19  # message type
SUPPRESS_EMBEDS = 1 << 2
SETTABLE_FLAGS = SUPPRESS_EMBEDS | SUPPRESS_NOTIFICATIONS | COMPONENTS_V2
MAX_ATTACHMENTS = 10
NONCE_LIFETIME = 300.0  # seconds in which a repeated nonce finds the first message


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Who a message is from and how it came about."""

    author_id: str
    type: int = 0
    application_id: str | None = None
    webhook_id: str | None = None
    interaction: Json | None = None
    command_name: str | None = None
    reply_to: str | None = None
    thread_id: str | None = None
    visible_to: str | None = None
    extra_flags: int = 0
    at: Path = field(default=())  # where the message stands in the request's body


class Messages:
    """The one way into a channel's history; every change is told to gateway and page."""

    def __init__(self, world: World, publisher: Publisher, threads: Threads) -> None:
        self.world = world
        self.publisher = publisher
        self.threads = threads

    def create(
        self,
        channel: Channel,
        form: MessageForm,
        files: Sequence[UploadedFile],
        origin: Origin,
        *,
        limit: int = 0,
    ) -> Message:
        """A new message, or the one that an enforced nonce already made.

        Files may be as large as the place allows, or whoever acts there: their `limit` in bytes.
        """
        if form.enforce_nonce and form.nonce is not None:
            earlier = self.with_nonce(channel, str(form.nonce), origin.author_id)
            if earlier:
                return earlier
        if missing := form.not_built_here():
            raise UnknownRoute(f"The local Discord does not know {missing}.")
        if isinstance(channel, Thread):
            self.threads.make_room(channel, origin.author_id)
        message = Message(
            id=self.world.snowflakes.next(),
            channel_id=channel.id,
            author_id=origin.author_id,
            created_at=self.world.clock.now(),
            type=origin.type,
            flags=(form.flags or 0) & SETTABLE_FLAGS | origin.extra_flags,
            tts=bool(form.tts),
            nonce=form.nonce,
            application_id=origin.application_id,
            webhook_id=origin.webhook_id,
            interaction=origin.interaction,
            command_name=origin.command_name,
            reply_to=origin.reply_to,
            thread_id=origin.thread_id,
            visible_to=origin.visible_to,
        )
        if not message.is_loading:
            self.fill(message, form, files, flags=message.flags, at=origin.at, limit=limit)
        self.add(channel, message)
        if isinstance(channel, Thread):
            self.threads.bring_in(channel, message.mention_ids)
        return message

    def add(self, channel: Channel, message: Message) -> None:
        """Puts a message into its channel, and tells everybody."""
        channel.messages[message.id] = message
        if isinstance(channel, Thread) and message.type != THREAD_STARTER:
            channel.num_sent += 1
        self.publisher.message_created(message)

    def edit(
        self,
        message: Message,
        form: MessageForm,
        files: Sequence[UploadedFile],
        *,
        at: Path = (),
        limit: int = 0,
    ) -> Message:
        """Changes what the form names and keeps the rest; a thinking message becomes real."""
        was_loading = message.is_loading
        flags = self.changed_flags(message, form, at)
        refuse(*left_over(message, form, flags, at))
        self.fill(message, form, files, flags=flags & ~LOADING, at=at, limit=limit)
        if not was_loading:
            message.edited_at = self.world.clock.now()
        self.publisher.message_updated(message)
        return message

    def delete(self, message: Message) -> None:
        channel = self.world.channel(message.channel_id)
        channel.messages.pop(message.id, None)
        self.world.retire(message.attachments)
        self.publisher.message_deleted(message)

    def fill(
        self,
        message: Message,
        form: MessageForm,
        files: Sequence[UploadedFile],
        *,
        flags: int,
        at: Path,
        limit: int,
    ) -> None:
        """Works out all that a message will hold before it changes any of it."""
        is_v2 = bool(flags & COMPONENTS_V2)
        refuse(*legacy_fields(form, is_v2, at))
        channel = self.world.channel(message.channel_id)
        guild = self.world.guild_of(channel)
        of_place = guild.attachment_limit if guild else DEFAULT_ATTACHMENT_LIMIT
        if largest(files) > max(of_place, limit):
            raise RequestEntityTooLarge
        attachments = self.attachments(message, form, files, at)
        by_name: Files = {attachment.filename: attachment for attachment in attachments}
        components, embeds = message.components, message.embeds
        if form.names("components"):
            components = lay_out(
                form.components, is_v2=is_v2, files=by_name, emojis=self.world.emojis, at=at
            )
        if form.names("embeds"):
            embeds = lay_out_embeds(form.embeds or [], files=by_name, at=at)
        content = (form.content or "").strip() if form.names("content") else message.content
        if not (components or (not is_v2 and (content or embeds or attachments))):
            raise EmptyMessage
        mentions = resolve(
            content,
            form.allowed_mentions,
            self.world,
            guild,
            answered=self.answered_author(message),
            at=at,
        )
        may_call_all = permissions_in(guild, channel, message.author_id) & MENTION_EVERYONE
        message.flags = flags
        message.content, message.embeds, message.components = content, embeds, components
        self.world.retire([one for one in message.attachments if one not in attachments])
        message.attachments = attachments
        self.world.attachments |= {attachment.id: attachment for attachment in attachments}
        message.mention_ids, message.mention_role_ids = mentions.user_ids, mentions.role_ids
        message.mentions_everyone = mentions.everyone and bool(may_call_all)

    def answered_author(self, message: Message) -> str | None:
        """Whom a reply answers, as long as the message is there."""
        answered = self.world.channels[message.channel_id].messages.get(message.reply_to or "")
        return answered.author_id if answered and message.type == REPLY else None

    def attachments(
        self,
        message: Message,
        form: MessageForm,
        files: Sequence[UploadedFile],
        at: Path,
    ) -> list[Attachment]:
        """The files a message will have: those it keeps, then the new ones."""
        listed = {one.id: one for one in form.attachments or ()}
        kept = message.attachments
        if form.names("attachments"):
            # What an embed or component goes on showing cannot be taken from under it.
            shown = set() if form.names("embeds") else set(attachment_ids(message.embeds))
            shown |= set() if form.names("components") else set(attachment_ids(message.components))
            kept = [one for one in kept if one.id in listed or one.id in shown]
        new_indexes = {str(file.index) for file in files}
        known = new_indexes | {one.id for one in message.attachments}
        refuse(*unknown_attachments(form.attachments or (), known, at))
        if len(kept) + len(files) > MAX_ATTACHMENTS:
            sentence = f"Must be {MAX_ATTACHMENTS} or fewer in length."
            refuse(((*at, "attachments"), "BASE_TYPE_MAX_LENGTH", sentence))
        new = [self.attachment(file, listed.get(str(file.index)), message) for file in files]
        return [*kept, *new]

    def attachment(
        self, file: UploadedFile, details: AttachmentForm | None, message: Message
    ) -> Attachment:
        made = make_attachment(
            file, attachment_id=self.world.snowflakes.next(), channel_id=message.channel_id
        )
        made.is_ephemeral = bool(message.flags & EPHEMERAL)
        if details:
            made.filename = safe_filename(details.filename) if details.filename else made.filename
            made.description = details.description
            made.is_spoiler = bool(details.is_spoiler)
        made.is_spoiler = made.is_spoiler or made.filename.startswith("SPOILER_")
        return made

    def changed_flags(self, message: Message, form: MessageForm, at: Path) -> int:
        if form.flags is None:
            return message.flags
        if message.is_v2 and not form.flags & COMPONENTS_V2:
            sentence = "The IS_COMPONENTS_V2 flag cannot be removed from a message."
            refuse(((*at, "flags"), "MESSAGE_CANNOT_REMOVE_COMPONENTS_V2_FLAG", sentence))
        return message.flags & ~SETTABLE_FLAGS | form.flags & SETTABLE_FLAGS

    def with_nonce(self, channel: Channel, nonce: str, author_id: str) -> Message | None:
        oldest = self.world.clock.now() - NONCE_LIFETIME
        for message in reversed(channel.messages.values()):
            if message.created_at < oldest:
                return None
            if message.author_id == author_id and str(message.nonce) == nonce:
                return message
        return None


def legacy_fields(form: MessageForm, is_v2: bool, at: Path) -> list[Problem]:
    """A V2 message is made of components alone."""
    if not is_v2:
        return []
    sentence = "The '{}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
    used = {"content": form.content, "embeds": form.embeds}
    code = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"
    return [((*at, key), code, sentence.format(key)) for key, value in used.items() if value]


def left_over(message: Message, form: MessageForm, flags: int, at: Path) -> list[Problem]:
    """A message that turns V2 must have its old content and embeds cleared by the same edit."""
    if message.is_v2 or not flags & COMPONENTS_V2:
        return []
    old = {"content": message.content, "embeds": message.embeds}
    sentence = "The '{}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
    code = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"
    return [
        ((*at, key), code, sentence.format(key))
        for key, value in old.items()
        if value and not form.names(key)
    ]


def unknown_attachments(
    listed: Sequence[AttachmentForm], known: set[str], at: Path
) -> list[Problem]:
    sentence = "There is neither a file nor an attachment with this id."
    return [
        ((*at, "attachments", index, "id"), "ATTACHMENT_NOT_FOUND", sentence)
        for index, one in enumerate(listed)
        if one.id not in known
    ]
