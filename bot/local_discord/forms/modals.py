"""Modals: what a bot may ask a person to fill in."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag

from bot.local_discord.forms.base import TAG, CustomId, Form, length
from bot.local_discord.forms.components import (
    Component,
    EntitySelect,
    StringSelect,
    TextDisplay,
    type_of,
)


class TextInput(Component):
    type: Literal[4]
    custom_id: CustomId
    style: Literal[1, 2]
    label: Annotated[str, length(1, 45)] | None = None
    value: Annotated[str, length(0, 4000)] | None = None
    placeholder: Annotated[str, length(0, 100)] | None = None
    required: bool | None = None
    min_length: Annotated[int, Field(ge=0, le=4000)] | None = None
    max_length: Annotated[int, Field(ge=1, le=4000)] | None = None


class FileUpload(Component):
    type: Literal[19]
    custom_id: CustomId
    min_values: Annotated[int, Field(ge=0, le=10)] | None = None
    max_values: Annotated[int, Field(ge=1, le=10)] | None = None
    required: bool | None = None


class GroupOption(Form):
    label: Annotated[str, length(1, 100)]
    value: Annotated[str, length(1, 100)]
    description: Annotated[str, length(0, 100)] | None = None
    default: bool | None = None


class RadioGroup(Component):
    type: Literal[21]
    custom_id: CustomId
    required: bool | None = None
    options: Annotated[list[GroupOption], length(2, 10)]


class CheckboxGroup(Component):
    type: Literal[22]
    custom_id: CustomId
    min_values: Annotated[int, Field(ge=0, le=10)] | None = None
    max_values: Annotated[int, Field(ge=1, le=10)] | None = None
    required: bool | None = None
    options: Annotated[list[GroupOption], length(1, 10)]


class Checkbox(Component):
    type: Literal[23]
    custom_id: CustomId
    default: bool | None = None


class Label(Component):
    type: Literal[18]
    label: Annotated[str, length(1, 45)]
    description: Annotated[str, length(1, 100)] | None = None
    component: Annotated[
        Annotated[StringSelect, Tag(f"{TAG}3")]
        | Annotated[TextInput, Tag(f"{TAG}4")]
        | Annotated[EntitySelect, Tag(f"{TAG}5")]
        | Annotated[EntitySelect, Tag(f"{TAG}6")]
        | Annotated[EntitySelect, Tag(f"{TAG}7")]
        | Annotated[EntitySelect, Tag(f"{TAG}8")]
        | Annotated[FileUpload, Tag(f"{TAG}19")]
        | Annotated[RadioGroup, Tag(f"{TAG}21")]
        | Annotated[CheckboxGroup, Tag(f"{TAG}22")]
        | Annotated[Checkbox, Tag(f"{TAG}23")],
        Discriminator(type_of),
    ]


class InputRow(Component):
    """The older shape: a row around one text input, which then carries its own label."""

    type: Literal[1]
    components: Annotated[list[TextInput], length(1, 1)]


InModal: TypeAlias = Annotated[
    Annotated[InputRow, Tag(f"{TAG}1")]
    | Annotated[TextDisplay, Tag(f"{TAG}10")]
    | Annotated[Label, Tag(f"{TAG}18")],
    Discriminator(type_of),
]


class ModalForm(Form):
    custom_id: CustomId
    title: Annotated[str, length(1, 45)]
    components: Annotated[list[InModal], length(1, 5)]
