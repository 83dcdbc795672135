"""What one control of a picture is: its names, its values, and how a text sets it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from pipeline.errors import MAX_SHOWN, InvalidRequest
from pipeline.requests import GenerationRequest

Told: TypeAlias = str | int | float
ADVANCED = "advanced"


class Kind(NamedTuple):
    """How a value is read from text."""

    name: str  # as a sentence calls it
    read: Callable[[str], object]


def _size(text: str) -> tuple[int, int]:
    width, height = text.casefold().replace("×", "x").split("x")
    return int(width), int(height)


TEXT = Kind("text", str)
WHOLE = Kind("a whole number", int)
NUMBER = Kind("a number", float)
SIZE = Kind("a size as in 512x768", _size)
SEED = Kind("a whole number", lambda text: (int(text),))

Choices: TypeAlias = tuple[tuple[str, object], ...]  # name and value
YES_OR_NO: Choices = (("True", True), ("False", False))


@dataclass(frozen=True, slots=True)
class Control:
    """One setting of a request."""

    key: str
    """Its name in infotext and in `advanced`."""
    fields: tuple[str, ...]
    """Those of `GenerationRequest` that it sets."""
    kind: Kind
    default: str
    """What holds when nobody sets it, in words."""
    source: str
    """Where the behaviour is from: webui's name for it is the key unless said otherwise."""
    option: str = ADVANCED
    """That of `/imagine`; the command line's has the same name, with dashes."""
    choices: Choices = ()
    """All its values, where they can be counted."""
    suggestions: tuple[str, ...] = ()
    """Values worth offering to whoever types it."""

    @property
    def offered(self) -> tuple[str, ...]:
        """What may stand behind the key, for autocomplete."""
        return self.suggestions or tuple(name for name, _ in self.choices)

    def read(self, text: str) -> dict[str, object]:
        """What the text sets in a request.

        Raises `InvalidRequest` where it is not even of the right kind; whether the value is
        possible is the request's to say.
        """
        text = text.strip()
        if self.choices:
            by_name = {name.casefold(): value for name, value in self.choices}
            if text.casefold() not in by_name:
                names = ", ".join(name for name, _ in self.choices)
                raise self._refusal(f"one of {names}", text)
            return {self.fields[0]: by_name[text.casefold()]}
        try:
            value = self.kind.read(text)
        except ValueError as error:
            raise self._refusal(self.kind.name, text) from error
        if isinstance(value, tuple) and len(self.fields) == len(value) == 2:
            return dict(zip(self.fields, value, strict=True))
        return dict.fromkeys(self.fields, value)

    def write(self, request: GenerationRequest) -> Told | None:
        """What infotext tells of its first field; None where the request leaves that alone."""
        name = self.fields[0]
        if getattr(request, name) == GenerationRequest.model_fields[name].default:
            return None
        return self.value(request)

    def value(self, request: GenerationRequest) -> Told:
        """The value of its first field, as it is named."""
        value: Any = getattr(request, self.fields[0])
        if self.choices:
            return next(label for label, choice in self.choices if choice == value)
        return value

    def _refusal(self, wanted: str, text: str) -> InvalidRequest:
        shown = text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"
        return InvalidRequest(f"`{self.key}` takes {wanted}, and `{shown}` is not that.")
