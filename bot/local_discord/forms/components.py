"""Components of messages: buttons, selects, and the blocks of Components V2."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag

from bot.local_discord.forms.base import TAG, CustomId, Form, Snowflake, length

ComponentId = Annotated[int, Field(ge=0)]


def type_of(value: Any) -> str:
    """The name of a union's branch: what the component says its type is."""
    kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    return f"{TAG}{kind}"


class Component(Form):
    id: ComponentId | None = None


class Emoji(Form):
    id: Snowflake | None = None
    name: Annotated[str, length(0, 32)] | None = None
    animated: bool | None = None


class Button(Component):
    type: Literal[2]
    style: Literal[1, 2, 3, 4, 5, 6]
    custom_id: CustomId | None = None
    label: Annotated[str, length(0, 80)] | None = None
    emoji: Emoji | None = None
    url: Annotated[str, length(0, 512)] | None = None
    sku_id: Snowflake | None = None
    disabled: bool | None = None


class SelectOption(Form):
    label: Annotated[str, length(1, 100)]
    value: Annotated[str, length(1, 100)]
    description: Annotated[str, length(0, 100)] | None = None
    emoji: Emoji | None = None
    default: bool | None = None


class Select(Component):
    custom_id: CustomId
    placeholder: Annotated[str, length(0, 150)] | None = None
    min_values: Annotated[int, Field(ge=0, le=25)] | None = None
    max_values: Annotated[int, Field(ge=1, le=25)] | None = None
    disabled: bool | None = None
    required: bool | None = None


class StringSelect(Select):
    type: Literal[3]
    options: Annotated[list[SelectOption], length(1, 25)]


class DefaultValue(Form):
    id: Snowflake
    type: Literal["user", "role", "channel"]


class EntitySelect(Select):
    """A select of users, roles, both, or channels."""

    type: Literal[5, 6, 7, 8]
    default_values: Annotated[list[DefaultValue], length(0, 25)] | None = None
    channel_types: list[int] | None = None


InRow: TypeAlias = Annotated[
    Annotated[Button, Tag(f"{TAG}2")]
    | Annotated[StringSelect, Tag(f"{TAG}3")]
    | Annotated[EntitySelect, Tag(f"{TAG}5")]
    | Annotated[EntitySelect, Tag(f"{TAG}6")]
    | Annotated[EntitySelect, Tag(f"{TAG}7")]
    | Annotated[EntitySelect, Tag(f"{TAG}8")],
    Discriminator(type_of),
]


class ActionRow(Component):
    type: Literal[1]
    components: Annotated[list[InRow], length(1, 5)]


class Media(Form):
    url: Annotated[str, length(1, 2048)]


class TextDisplay(Component):
    type: Literal[10]
    content: Annotated[str, length(1, 4000)]


class Thumbnail(Component):
    type: Literal[11]
    media: Media
    description: Annotated[str, length(1, 1024)] | None = None
    spoiler: bool | None = None


class Section(Component):
    type: Literal[9]
    components: Annotated[list[TextDisplay], length(1, 3)]
    accessory: Annotated[
        Annotated[Button, Tag(f"{TAG}2")] | Annotated[Thumbnail, Tag(f"{TAG}11")],
        Discriminator(type_of),
    ]


class GalleryItem(Form):
    media: Media
    description: Annotated[str, length(1, 1024)] | None = None
    spoiler: bool | None = None


class MediaGallery(Component):
    type: Literal[12]
    items: Annotated[list[GalleryItem], length(1, 10)]


class File(Component):
    type: Literal[13]
    file: Media
    spoiler: bool | None = None


class Separator(Component):
    type: Literal[14]
    divider: bool | None = None
    spacing: Literal[1, 2] | None = None


InContainer: TypeAlias = Annotated[
    Annotated[ActionRow, Tag(f"{TAG}1")]
    | Annotated[Section, Tag(f"{TAG}9")]
    | Annotated[TextDisplay, Tag(f"{TAG}10")]
    | Annotated[MediaGallery, Tag(f"{TAG}12")]
    | Annotated[File, Tag(f"{TAG}13")]
    | Annotated[Separator, Tag(f"{TAG}14")],
    Discriminator(type_of),
]


class Container(Component):
    type: Literal[17]
    components: Annotated[list[InContainer], length(1, 40)]
    accent_color: Annotated[int, Field(ge=0, le=0xFFFFFF)] | None = None
    spoiler: bool | None = None


LegacyRows: TypeAlias = Annotated[list[ActionRow], length(0, 5)]
TopLevel: TypeAlias = Annotated[
    Annotated[ActionRow, Tag(f"{TAG}1")]
    | Annotated[Section, Tag(f"{TAG}9")]
    | Annotated[TextDisplay, Tag(f"{TAG}10")]
    | Annotated[MediaGallery, Tag(f"{TAG}12")]
    | Annotated[File, Tag(f"{TAG}13")]
    | Annotated[Separator, Tag(f"{TAG}14")]
    | Annotated[Container, Tag(f"{TAG}17")],
    Discriminator(type_of),
]
Layout: TypeAlias = Annotated[list[TopLevel], length(0, 40)]
