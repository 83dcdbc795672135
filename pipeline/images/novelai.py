"""What NovelAI writes into its PNG files, as the text that webui makes of it."""

import json
from collections.abc import Mapping
from typing import Any

from pipeline.errors import UnknownSampler
from pipeline.samplers import find_sampler

FALLBACK = "Euler a"  # for samplers that go by no name we know


def infotext_of_novelai(info: Mapping[Any, Any], size: tuple[int, int]) -> str | None:
    """NovelAI's prompt and settings; None where they are not whole.

    The size is the picture's own. CLIP skip and ENSD are those of NovelAI's model, which it does
    not write down (webui.md §9.2).
    """
    try:
        told = json.loads(str(info["Comment"]))
        lines = [str(info["Description"]), f"Negative prompt: {told['uc']}"]
        settings = {
            "Steps": told["steps"],
            "Sampler": _sampler(told["sampler"]),
            "CFG scale": told["scale"],
            "Seed": told["seed"],
            "Size": "{}x{}".format(*size),
            "Clip skip": 2,
            "ENSD": 31337,
        }
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return "\n".join([*lines, ", ".join(f"{key}: {value}" for key, value in settings.items())])


def _sampler(name: object) -> str:
    try:
        return find_sampler(str(name))[0].label
    except UnknownSampler:
        return FALLBACK
