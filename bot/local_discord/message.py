"""What is said: messages, and the files they carry."""

from dataclasses import dataclass, field

from bot.local_discord.wire import Json

EPHEMERAL = 1 << 6
LOADING = 1 << 7
SUPPRESS_NOTIFICATIONS = 1 << 12
COMPONENTS_V2 = 1 << 15


@dataclass(kw_only=True)
class Attachment:
    id: str
    channel_id: str
    filename: str
    content_type: str
    data: bytes
    width: int | None = None
    height: int | None = None
    description: str | None = None
    is_ephemeral: bool = False
    is_spoiler: bool = False


@dataclass(kw_only=True)
class Message:
    id: str
    channel_id: str
    author_id: str
    created_at: float
    type: int = 0
    content: str = ""
    edited_at: float | None = None
    flags: int = 0
    tts: bool = False
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    mention_ids: list[str] = field(default_factory=list)
    mention_role_ids: list[str] = field(default_factory=list)
    mentions_everyone: bool = False
    nonce: str | int | None = None
    application_id: str | None = None
    webhook_id: str | None = None
    interaction: Json | None = None  # Discord's `interaction_metadata`
    command_name: str | None = None
    reply_to: str | None = None
    thread_id: str | None = None  # the thread a reference leads to, or that started here
    visible_to: str | None = None  # the one person an ephemeral message is for
    pinned_at: float | None = None
    # Who reacted with what: an emoji's id, or the characters themselves.
    reactions: dict[str, list[str]] = field(default_factory=dict)

    @property
    def is_ephemeral(self) -> bool:
        return bool(self.flags & EPHEMERAL)

    @property
    def is_loading(self) -> bool:
        return bool(self.flags & LOADING)

    @property
    def is_v2(self) -> bool:
        return bool(self.flags & COMPONENTS_V2)
