"""Tags such as <hypernet:name:0.8>: what is called by name, and is no text (spec: webui §1.0)."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pipeline.errors import InvalidRequest, UnknownTag

HYPERNETWORK_TYPE = "hypernet"
EMBEDDING_TYPE = "embedding"
LORA_TYPES = frozenset({"lora", "lyco"})
MAX_STRENGTH = 10.0

TAG = re.compile(r"<(\w+):([^>]+)>")


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag: its type and what stands behind the colons."""

    type: str
    items: tuple[str, ...]

    @property
    def positional(self) -> tuple[str, ...]:
        return tuple(item for item in self.items if item.count("=") != 1)

    @property
    def named(self) -> Mapping[str, str]:
        """The items that hold exactly one `=`."""
        pairs = (item.split("=") for item in self.items if item.count("=") == 1)
        return MappingProxyType(dict(pairs))


def extract_tags(prompt: str) -> tuple[str, list[Tag]]:
    """A prompt without its tags, and the tags in the order they stand in.

    Only a positive prompt has tags; in a negative one they are text.
    """
    # Nothing behind the last `>` can end a tag, and looking there again and again takes long.
    end = prompt.rfind(">") + 1
    tags: list[Tag] = []

    def take(match: re.Match[str]) -> str:
        tags.append(Tag(match[1], tuple(match[2].split(":"))))
        return ""

    return TAG.sub(take, prompt[:end]) + prompt[end:], tags


def called_hypernetworks(tags: Iterable[Tag]) -> list[tuple[str, float]]:
    """Name and strength of each hypernetwork, in the order they apply.

    Raises `UnknownTag` or `InvalidRequest` for everything that is called in vain.
    """
    return [_hypernetwork(tag) for tag in tags]


def _hypernetwork(tag: Tag) -> tuple[str, float]:
    name = tag.positional[0].strip() if tag.positional else ""
    if tag.type in LORA_TYPES:
        raise InvalidRequest(f"LoRA is not built in yet: take `<{tag.type}:{name}>` out.")
    if tag.type != HYPERNETWORK_TYPE:
        raise UnknownTag(tag.type, [HYPERNETWORK_TYPE])
    if not name:
        raise InvalidRequest("A hypernetwork's tag needs a name, such as <hypernet:name:0.8>.")
    strength = tag.positional[1] if len(tag.positional) > 1 else "1"
    try:
        number = float(strength)
    except ValueError:
        number = math.nan
    if not abs(number) <= MAX_STRENGTH:
        raise InvalidRequest(
            f"`{strength}` is no strength for the hypernetwork `{name}`: write a number of at "
            f"most {MAX_STRENGTH:g}, such as <hypernet:{name}:0.8>."
        )
    return name, number
