"""Tags such as <lora:name:0.8>: what is called by name, and is no text (spec: webui §1.0)."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from pipeline.errors import InvalidRequest, UnknownTag

HYPERNETWORK_TYPE = "hypernet"
EMBEDDING_TYPE = "embedding"
LORA_TYPES = ("lora", "lyco")
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


class HypernetworkCall(NamedTuple):
    """A hypernetwork as a tag calls it."""

    name: str
    strength: float


class LoraCall(NamedTuple):
    """A LoRA as a tag calls it, with a strength for each of its two sides."""

    name: str
    text: float
    unet: float


@dataclass(frozen=True, slots=True)
class Calls:
    """What a prompt calls: hypernetworks in the order they apply, and LoRAs."""

    hypernetworks: tuple[HypernetworkCall, ...]
    loras: tuple[LoraCall, ...]


def read_calls(tags: Iterable[Tag]) -> Calls:
    """What tags call. Raises `UnknownTag` or `InvalidRequest` for what they call in vain."""
    hypernetworks, loras = [], []
    for tag in tags:
        if tag.type == HYPERNETWORK_TYPE:
            hypernetworks.append(read_hypernetwork(tag))
        elif tag.type in LORA_TYPES:
            loras.append(read_lora(tag))
        else:
            raise UnknownTag(tag.type, [HYPERNETWORK_TYPE, LORA_TYPES[0]])
    return Calls(tuple(hypernetworks), tuple(loras))


def read_hypernetwork(tag: Tag) -> HypernetworkCall:
    """<hypernet:name> or <hypernet:name:strength>."""
    name, *strengths = named(tag, "hypernetwork")
    return HypernetworkCall(name, strength_of(tag, name, strengths[0] if strengths else "1"))


def read_lora(tag: Tag) -> LoraCall:
    """<lora:name>, <lora:name:both>, <lora:name:text:unet>, or with `te=` and `unet=` anywhere."""
    name, *strengths = named(tag, "LoRA")
    unknown = [*(tag.named.keys() - {"te", "unet"}), *strengths[2:]]
    if unknown:
        raise InvalidRequest(
            f"`{unknown[0]}` means nothing for the LoRA `{name}`: write its strength, or one for "
            f"the text and one for the picture, such as <{tag.type}:{name}:0.8:1>."
        )
    text = strength_of(tag, name, tag.named.get("te", strengths[0] if strengths else "1"))
    # As in webui, the picture's side follows the text's where it has no strength of its own.
    unet = tag.named.get("unet", strengths[1] if len(strengths) > 1 else None)
    return LoraCall(name, text, text if unet is None else strength_of(tag, name, unet))


def named(tag: Tag, kind: str) -> tuple[str, ...]:
    """A tag's positional items, the first of which must be a name."""
    name, *others = tag.positional or ("",)
    if not name.strip():
        raise InvalidRequest(f"A {kind}'s tag needs a name, such as <{tag.type}:name:0.8>.")
    return name.strip(), *others


def strength_of(tag: Tag, name: str, written: str) -> float:
    """A strength in a tag as a number."""
    try:
        number = float(written)
    except ValueError:
        number = math.nan
    if not abs(number) <= MAX_STRENGTH:
        kind = "hypernetwork" if tag.type == HYPERNETWORK_TYPE else "LoRA"
        raise InvalidRequest(
            f"`{written}` is no strength for the {kind} `{name}`: write a number of at most "
            f"{MAX_STRENGTH:g}, such as <{tag.type}:{name}:0.8>."
        )
    return number
