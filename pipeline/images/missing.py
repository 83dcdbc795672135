"""What a picture's settings call that is not here: left out, and said."""

import re
from collections.abc import Mapping
from typing import Any

from pipeline.adapters.names import AdapterNames
from pipeline.control import Told
from pipeline.prompts.tags import HYPERNETWORK_TYPE, LORA_TYPES, TAG

MAX_NAME = 60  # characters shown
EMBEDDING_HASH = re.compile(r"([^,:]+): *[0-9a-f]+")  # of "TI hashes"


def without_missing(
    values: Mapping[str, Any], told: Mapping[str, Told], names: AdapterNames
) -> tuple[dict[str, Any], list[str]]:
    """A request's fields without what nothing here answers to, and a sentence for each name.

    An embedding is called by a word like any other, so that only `told`, all that the settings
    say, can name one that is not here.
    """
    missing: dict[str, str] = {}  # name → sentence
    left = dict(values)

    def keep(match: re.Match[str]) -> str:
        kind, name = match[1], match[2].partition(":")[0].strip()
        known = {HYPERNETWORK_TYPE: names.hypernetworks, **dict.fromkeys(LORA_TYPES, names.loras)}
        if kind not in known or name in known[kind]:
            return match[0]
        called = "hypernetwork" if kind == HYPERNETWORK_TYPE else "LoRA"
        missing[name] = f"The {called} `{name[:MAX_NAME]}` is not here, and is left out."
        return ""

    left["prompt"] = TAG.sub(keep, values["prompt"])
    name = values.get("aesthetic_embedding")
    if name and name not in names.aesthetic:
        left["aesthetic_embedding"] = ""
        missing[name] = f"The aesthetic embedding `{name[:MAX_NAME]}` is not here, and is left out."
    hashes = "" if names.has_cards else str(told.get("TI hashes", ""))
    for name in map(str.strip, EMBEDDING_HASH.findall(hashes)):
        if name not in names.embeddings:
            said = f"The embedding `{name[:MAX_NAME]}` is not here: its name is read as words."
            missing[name] = said
    return left, list(missing.values())
