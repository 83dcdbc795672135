"""The base of every form, the field types they share, and pydantic's errors in Discord's words."""

from collections.abc import Sequence, Sized
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from bot.local_discord.errors import InvalidFormBody, Path, Problem

TAG = "type:"  # how a union's branch is named, so that it can be told from a field
Parsed = TypeVar("Parsed")


class Form(BaseModel):
    """A JSON object from a bot. Unknown keys are ignored, as Discord ignores them."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def length(minimum: int, maximum: int) -> AfterValidator:
    """Bounds a string's or a list's length and refuses in Discord's words."""

    def check(value: Sized) -> Sized:
        if minimum <= len(value) <= maximum:
            return value
        if minimum == 0:
            raise PydanticCustomError(
                "BASE_TYPE_MAX_LENGTH",
                "Must be {maximum} or fewer in length.",
                {"maximum": maximum},
            )
        raise PydanticCustomError(
            "BASE_TYPE_BAD_LENGTH",
            "Must be between {minimum} and {maximum} in length.",
            {"minimum": minimum, "maximum": maximum},
        )

    return AfterValidator(check)


def as_snowflake(value: object) -> str:
    text = str(value)
    # `attachments[].id` arrives as a number from some libraries and as text from others.
    if isinstance(value, bool) or not text.isascii() or not text.isdigit():
        raise PydanticCustomError(
            "NUMBER_TYPE_COERCE", 'Value "{value}" is not snowflake.', {"value": text}
        )
    return text


Snowflake = Annotated[str, BeforeValidator(as_snowflake)]
CustomId = Annotated[str, length(1, 100)]

WORDS = {
    "missing": ("BASE_TYPE_REQUIRED", "This field is required"),
    "string_type": ("STRING_TYPE_CONVERT", "Could not interpret the value as string."),
    "string_pattern_mismatch": (
        "STRING_TYPE_REGEX",
        "String value did not match validation regex.",
    ),
    "bool_type": ("BOOLEAN_TYPE_CONVERT", "Must be either true or false."),
    "bool_parsing": ("BOOLEAN_TYPE_CONVERT", "Must be either true or false."),
    "int_type": ("NUMBER_TYPE_COERCE", "The value is not int."),
    "int_parsing": ("NUMBER_TYPE_COERCE", "The value is not int."),
    "int_from_float": ("NUMBER_TYPE_COERCE", "The value is not int."),
    "float_type": ("NUMBER_TYPE_COERCE", "The value is not float."),
    "float_parsing": ("NUMBER_TYPE_COERCE", "The value is not float."),
    "list_type": ("LIST_TYPE_CONVERT", "Only iterables may be used in a ListType"),
    "dict_type": ("DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType"),
    "model_type": ("MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType"),
    "model_attributes_type": (
        "MODEL_TYPE_CONVERT",
        "Only dictionaries may be used in a ModelType",
    ),
    "greater_than_equal": (
        "NUMBER_TYPE_MIN",
        "int value should be greater than or equal to {ge}.",
    ),
    "less_than_equal": ("NUMBER_TYPE_MAX", "int value should be less than or equal to {le}."),
    "literal_error": ("BASE_TYPE_CHOICES", "Value must be one of {{{expected}}}."),
    "union_tag_invalid": ("UNION_TYPE_CHOICES", 'Value of field "type" must be one of ({known}).'),
    "union_tag_not_found": (
        "UNION_TYPE_CHOICES",
        'Field "type" is required to determine the model.',
    ),
}


def parse(form: type[Parsed] | Any, value: object, *, at: Path = ()) -> Parsed:
    """The value as a form, or Discord's 50035; `at` is where the value stands in the body."""
    try:
        parsed: Parsed = TypeAdapter(form).validate_python(value)
    except ValidationError as error:
        raise InvalidFormBody([problem(at, details) for details in error.errors()]) from error
    return parsed


def problem(at: Path, details: ErrorDetails) -> Problem:
    path = (*at, *(part for part in details["loc"] if not str(part).startswith(TAG)))
    context = details.get("ctx", {})
    if details["type"] not in WORDS:
        return path, details["type"], details["msg"]
    code, sentence = WORDS[details["type"]]
    known = str(context.get("expected_tags", "")).replace("'", "").replace(TAG, "")
    expected = str(context.get("expected", "")).replace(" or ", ", ")
    return path, code, sentence.format(**{**context, "known": known, "expected": expected})


def refuse(*problems: Problem) -> None:
    """Raises 50035 for the problems found beyond what a form can say; nothing if there are none."""
    if problems:
        raise InvalidFormBody(problems)


def placed(problems: Sequence[Problem], at: Path) -> list[Problem]:
    """The same problems, deeper in the body."""
    return [((*at, *path), code, message) for path, code, message in problems]
