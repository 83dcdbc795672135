"""Application commands as a bot registers them."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag

from bot.local_discord.forms.base import TAG, Form, Snowflake, length
from bot.local_discord.forms.components import type_of

Int53 = Annotated[int, Field(ge=-(2**53) + 1, le=2**53 - 1)]
Localizations: TypeAlias = dict[str, str]


class Choice(Form):
    name: Annotated[str, length(1, 100)]
    name_localizations: Localizations | None = None


class StringChoice(Choice):
    value: Annotated[str, length(0, 100)]


class IntegerChoice(Choice):
    value: Int53


class NumberChoice(Choice):
    value: float


class Option(Form):
    name: Annotated[str, length(1, 32)]
    name_localizations: Localizations | None = None
    description: Annotated[str, length(1, 100)]
    description_localizations: Localizations | None = None
    required: bool | None = None


class StringOption(Option):
    type: Literal[3]
    choices: Annotated[list[StringChoice], length(0, 25)] | None = None
    autocomplete: bool | None = None
    min_length: Annotated[int, Field(ge=0, le=6000)] | None = None
    max_length: Annotated[int, Field(ge=1, le=6000)] | None = None


class IntegerOption(Option):
    type: Literal[4]
    choices: Annotated[list[IntegerChoice], length(0, 25)] | None = None
    autocomplete: bool | None = None
    min_value: Int53 | None = None
    max_value: Int53 | None = None


class NumberOption(Option):
    type: Literal[10]
    choices: Annotated[list[NumberChoice], length(0, 25)] | None = None
    autocomplete: bool | None = None
    min_value: float | None = None
    max_value: float | None = None


class PlainOption(Option):
    """A boolean, user, channel, role, mentionable or attachment."""

    type: Literal[5, 6, 7, 8, 9, 11]
    channel_types: list[int] | None = None


Leaf: TypeAlias = Annotated[
    Annotated[StringOption, Tag(f"{TAG}3")]
    | Annotated[IntegerOption, Tag(f"{TAG}4")]
    | Annotated[NumberOption, Tag(f"{TAG}10")]
    | Annotated[PlainOption, Tag(f"{TAG}5")]
    | Annotated[PlainOption, Tag(f"{TAG}6")]
    | Annotated[PlainOption, Tag(f"{TAG}7")]
    | Annotated[PlainOption, Tag(f"{TAG}8")]
    | Annotated[PlainOption, Tag(f"{TAG}9")]
    | Annotated[PlainOption, Tag(f"{TAG}11")],
    Discriminator(type_of),
]


class Subcommand(Option):
    type: Literal[1]
    options: Annotated[list[Leaf], length(0, 25)] | None = None


class Group(Option):
    type: Literal[2]
    options: Annotated[list[Subcommand], length(0, 25)] | None = None


TopOption: TypeAlias = Annotated[
    Annotated[Subcommand, Tag(f"{TAG}1")]
    | Annotated[Group, Tag(f"{TAG}2")]
    | Annotated[StringOption, Tag(f"{TAG}3")]
    | Annotated[IntegerOption, Tag(f"{TAG}4")]
    | Annotated[NumberOption, Tag(f"{TAG}10")]
    | Annotated[PlainOption, Tag(f"{TAG}5")]
    | Annotated[PlainOption, Tag(f"{TAG}6")]
    | Annotated[PlainOption, Tag(f"{TAG}7")]
    | Annotated[PlainOption, Tag(f"{TAG}8")]
    | Annotated[PlainOption, Tag(f"{TAG}9")]
    | Annotated[PlainOption, Tag(f"{TAG}11")],
    Discriminator(type_of),
]


class CommandForm(Form):
    id: Snowflake | None = None
    type: Literal[1, 2, 3] = 1
    name: Annotated[str, length(1, 32)]
    name_localizations: Localizations | None = None
    description: Annotated[str, length(0, 100)] = ""
    description_localizations: Localizations | None = None
    options: Annotated[list[TopOption], length(0, 25)] | None = None
    # Permission bits cross the wire as a number or as text.
    default_member_permissions: int | None = None
    dm_permission: bool | None = None
    contexts: list[Literal[0, 1, 2]] | None = None
    integration_types: list[Literal[0, 1]] | None = None
    nsfw: bool | None = None


class AutocompleteChoice(Form):
    name: Annotated[str, length(1, 100)]
    name_localizations: Localizations | None = None
    value: Any
