"""What a picture's settings call that is not here: left out, and said."""

import re
from collections.abc import Mapping
from typing import Any

from pipeline.adapters.names import AdapterNames
from pipeline.control import Told
from pipeline.prompts.tags import HYPERNETWORK_TYPE, LORA_TYPES, TAG

MAX_NAME = 60  # characters shown
NAMED_HASH = re.compile(r"([^,:\s][^,:]*): *([0-9a-f]+)")  # of "TI hashes" and "Lora hashes"


def without_missing(
    values: Mapping[str, Any], told: Mapping[str, Told], names: AdapterNames
) -> tuple[dict[str, Any], list[str]]:
    """A request's fields without what nothing here answers to, and a sentence for each name.

    An embedding is called by a word like any other, so that only `told`, all that the settings
    say, can name one that is not here.
    """
    missing: dict[str, str] = {}  # name → sentence
    left = dict(values)

    lora_hashes = dict(NAMED_HASH.findall(str(told.get("Lora hashes", ""))))

    def keep(match: re.Match[str]) -> str:
        kind, (name, colon, rest) = match[1], match[2].partition(":")
        name = name.strip()
        if kind in LORA_TYPES:
            # Another folder may have another name for the same file.
            stem = names.lora(name, lora_hashes.get(name.replace(",", "")))
            if stem is not None:
                return f"<{kind}:{stem}{colon}{rest}>"
        elif kind != HYPERNETWORK_TYPE or names.has("hypernetwork", name):
            return match[0]
        called = "hypernetwork" if kind == HYPERNETWORK_TYPE else "LoRA"
        missing[name] = f"The {called} `{name[:MAX_NAME]}` is not here, and is left out."
        return ""

    left["prompt"] = TAG.sub(keep, values["prompt"])
    name = values.get("aesthetic_embedding")
    if name and not names.has("aesthetic", name):
        left["aesthetic_embedding"] = ""
        missing[name] = f"The aesthetic embedding `{name[:MAX_NAME]}` is not here, and is left out."
    hashes = "" if names.has_cards else str(told.get("TI hashes", ""))
    for name, _ in NAMED_HASH.findall(hashes):
        if not names.has("embedding", name):
            said = f"The embedding `{name[:MAX_NAME]}` is not here: its name is read as words."
            missing[name] = said
    return left, list(missing.values())
