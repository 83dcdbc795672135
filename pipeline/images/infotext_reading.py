"""The text that stable-diffusion-webui writes about a picture, read back into its settings.

The reading is webui's own (v1.10), defaults and corrections for older versions included, so that
a text means here what it means there. Where webui scans a text again and again, this scans it once.
"""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import TypeAlias

from packaging.version import Version

from pipeline.errors import InvalidRequest
from pipeline.prompts.attention import parse_attention

Infotext: TypeAlias = dict[str, str | int | bool]
"""Settings by webui's names. What was read is text; what webui adds by itself may be a number."""

NEGATIVE = "Negative prompt:"
FEWEST_SETTINGS = 3  # in a last line, below which it is part of the prompt
FIRST_PASS_PIXELS = 512 * 512
FIRST_PASS_GRAIN = 64  # pixels

NAME = re.compile(r"[\w \-/]+")
VALUE = re.compile(r'\s*("(?:\\.|[^\\"])++"(?=,|$)|[^,]*)')
SIZE = re.compile(r"(\d+)x(\d+)$")

DEFAULTS: Infotext = {
    "Clip skip": "1",
    "Hires sampler": "Use same sampler",
    "Hires schedule type": "Use same scheduler",
    "Hires checkpoint": "Use same checkpoint",
    "Hires prompt": "",
    "Hires negative prompt": "",
    "Mask mode": "Inpaint masked",
    "Masked content": "original",
    "Inpaint area": "Whole picture",
    "Masked area padding": 32,
    "RNG": "GPU",
    "Schedule type": "Automatic",
    "Schedule max sigma": 0,
    "Schedule min sigma": 0,
    "Schedule rho": 0,
    "VAE Encoder": "Full",
    "VAE Decoder": "Full",
    "FP8 weight": "Disable",
    "Refiner switch by sampling steps": False,
}


@dataclass(frozen=True, slots=True)
class Pair:
    """One `Key: value` and where in its line it stands."""

    key: str
    value: str
    start: int
    end: int


def parse_infotext(text: str) -> Infotext:
    """Every setting that a text tells, and those that webui takes for granted where it is silent.

    Never fails: a text without settings is a prompt.
    """
    prompt, negative_prompt, settings = _split(text)
    told = _told(settings)
    told |= {"Prompt": prompt, "Negative prompt": negative_prompt}
    if "Hypernet" in told:  # a hypernetwork was a setting before it was a tag in the prompt
        strength = told.get("Hypernet strength", "1.0")
        told["Prompt"] = f"{prompt}<hypernet:{told['Hypernet']}:{strength}>"
    if "Hires resize-1" not in told:
        told |= {"Hires resize-1": 0, "Hires resize-2": 0}
    _restore_first_pass(told)
    told = DEFAULTS | told
    if told["FP8 weight"] != "Disable":
        told.setdefault("Cache FP16 weight for LoRA", False)
    if "Emphasis" not in told and (_has_weights(prompt) or _has_weights(negative_prompt)):
        told["Emphasis"] = "Original"
    _follow_old_versions(told)
    return told


def find_pairs(line: str) -> Iterator[Pair]:
    """Every `Key: value` of a line, left to right. A key has at least two characters."""
    position = 0
    while name := NAME.search(line, position):
        key = name.group().lstrip(" -/")
        if len(key) < 2 or line[name.end() : name.end() + 1] != ":":
            position = name.end()
            continue
        value = VALUE.match(line, name.end() + 1)
        assert value, "the pattern takes nothing as well"
        yield Pair(key, value[1], name.end() - len(key), value.end())
        position = value.end() + 1  # past the comma


def unquote(text: str) -> str:
    """What `pipeline.images.infotext.quote` was given; anything else stays as it is."""
    if not (text.startswith('"') and text.endswith('"')):
        return text
    try:
        return str(json.loads(text))
    except ValueError:
        return text


def _split(text: str) -> tuple[str, str, list[Pair]]:
    *lines, last = text.strip().split("\n")
    pairs = list(find_pairs(last))
    if len(pairs) < FEWEST_SETTINGS:
        lines.append(last)
        pairs = []
    lines = [line.strip() for line in lines]
    positive = list(takewhile(lambda line: not line.startswith(NEGATIVE), lines))
    negative = [line.removeprefix(NEGATIVE).strip() for line in lines[len(positive) :]]
    # Blank lines before the first words do not count; those after them do.
    return "\n".join(positive).lstrip("\n"), "\n".join(negative).lstrip("\n"), pairs


def _told(pairs: list[Pair]) -> Infotext:
    told: Infotext = {}
    for pair in pairs:
        if not pair.value:
            continue
        value = unquote(pair.value)
        if size := SIZE.match(value):
            told |= {f"{pair.key}-1": size[1], f"{pair.key}-2": size[2]}
        else:
            told[pair.key] = value
    return told


def _restore_first_pass(told: Infotext) -> None:
    """Old texts tell the final size and that of the first pass; new ones the first and the final.

    Webui fails at sizes that are no numbers; here they stay as they are.
    """
    sides = ("First pass size-1", "First pass size-2")
    if not all(side in told for side in sides):
        return
    try:
        first = [int(told[side]) for side in sides]
        width, height = int(told.get("Size-1", 512)), int(told.get("Size-2", 512))
        if 0 in first:
            scale = math.sqrt(FIRST_PASS_PIXELS / (width * height))
            first = [
                math.ceil(scale * side / FIRST_PASS_GRAIN) * FIRST_PASS_GRAIN
                for side in (width, height)
            ]
    except (ArithmeticError, ValueError):
        return
    told |= {"Size-1": first[0], "Size-2": first[1]}
    told |= {"Hires resize-1": width, "Hires resize-2": height}


def _has_weights(prompt: str) -> bool:
    try:
        fragments = parse_attention(prompt)
    except InvalidRequest:
        return True  # a weight, if none that can be followed
    return any(weight != 1.0 and text != "BREAK" for text, weight in fragments)


def _follow_old_versions(told: Infotext) -> None:
    """Ask for what older versions of webui did differently."""
    named = "-".join(str(told.get("Version", "")).split("-")[:2])
    try:
        version = Version(named)
    except ValueError:  # no version, or one of thousands of digits
        return
    if version < Version("1.6.0") and "[" in str(told["Prompt"]):
        told["Old prompt editing timelines"] = True
    if version < Version("1.6.0") and told.get("Sampler") in ("DDIM", "PLMS"):
        told["Pad conds v0"] = True
    if version < Version("1.7.0-225"):
        told["Downcast alphas_cumprod"] = True
    if version < Version("1.8.0") and told.get("Refiner"):
        told["Refiner switch by sampling steps"] = True
