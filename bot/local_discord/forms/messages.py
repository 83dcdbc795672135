"""The body of a message, however it is sent: channel, interaction callback, or webhook."""

from typing import Annotated, Any, Literal

from pydantic import Field

from bot.local_discord.forms.base import Form, Snowflake, length

Url = Annotated[str, length(0, 2048)]


class AllowedMentions(Form):
    parse: list[Literal["users", "roles", "everyone"]] | None = None
    users: Annotated[list[Snowflake], length(0, 100)] | None = None
    roles: Annotated[list[Snowflake], length(0, 100)] | None = None
    replied_user: bool | None = None


class EmbedField(Form):
    name: Annotated[str, length(1, 256)]
    value: Annotated[str, length(1, 1024)]
    inline: bool | None = None


class EmbedFooter(Form):
    text: Annotated[str, length(1, 2048)]
    icon_url: Url | None = None


class EmbedAuthor(Form):
    name: Annotated[str, length(1, 256)]
    url: Url | None = None
    icon_url: Url | None = None


class EmbedMedia(Form):
    url: Url | None = None
    description: Annotated[str, length(0, 4096)] | None = None


class Embed(Form):
    title: Annotated[str, length(0, 256)] | None = None
    description: Annotated[str, length(0, 4096)] | None = None
    url: Url | None = None
    color: Annotated[int, Field(ge=0, le=0xFFFFFF)] | None = None
    timestamp: str | None = None
    footer: EmbedFooter | None = None
    author: EmbedAuthor | None = None
    image: EmbedMedia | None = None
    thumbnail: EmbedMedia | None = None
    fields: Annotated[list[EmbedField], length(0, 25)] | None = None

    def num_characters(self) -> int:
        texts = [self.title, self.description]
        texts += [self.footer.text if self.footer else "", self.author.name if self.author else ""]
        texts += [text for field in self.fields or () for text in (field.name, field.value)]
        return sum(len(text or "") for text in texts)


class AttachmentForm(Form):
    """A new file's details (its id is the number in `files[n]`) or an old attachment to keep."""

    id: Snowflake
    filename: Annotated[str, length(1, 1024)] | None = None
    description: Annotated[str, length(0, 1024)] | None = None
    is_spoiler: bool | None = None


class Reference(Form):
    message_id: Snowflake
    channel_id: Snowflake | None = None
    guild_id: Snowflake | None = None
    fail_if_not_exists: bool | None = None
    # A forwarded message would be 1; the description of the API does not have those.
    type: Literal[0] | None = None


class MessageForm(Form):
    """A message to be made, or the fields of one to be changed."""

    content: Annotated[str, length(0, 2000)] | None = None
    embeds: Annotated[list[Embed], length(0, 10)] | None = None
    allowed_mentions: AllowedMentions | None = None
    # Parsed once the flags are known: they decide which components may stand here.
    components: list[Any] | None = None
    attachments: Annotated[list[AttachmentForm], length(0, 10)] | None = None
    flags: int | None = None
    tts: bool | None = None
    nonce: Annotated[str, length(0, 25)] | int | None = None
    enforce_nonce: bool | None = None
    message_reference: Reference | None = None
    poll: Any = None
    sticker_ids: list[Any] | None = None

    def not_built_here(self) -> str | None:
        """What Discord would make of this body and the local one cannot."""
        if self.poll is not None:
            return "polls"
        return "stickers" if self.sticker_ids else None

    def names(self, field: str) -> bool:
        """Whether the body mentions the field at all: null clears, absence keeps."""
        return field in self.model_fields_set
