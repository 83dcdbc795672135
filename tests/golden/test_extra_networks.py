"""Tags against webui's way of taking them out of a prompt."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from pipeline.prompts.tags import extract_tags


def cases(directory: Path) -> dict[str, dict[str, Any]]:
    recorded = json.loads((directory / "extra_networks.json").read_text())
    return {repr(case["input"]): case for case in recorded["cases"]}


def test_tags_are_those_of_the_reference(case: dict[str, Any]) -> None:
    prompt, tags = extract_tags(case["input"])
    networks = defaultdict(list)
    for tag in tags:
        networks[tag.type].append(
            {
                "items": list(tag.items),
                "positional": list(tag.positional),
                "named": dict(tag.named),
            }
        )
    assert prompt == case["prompt"]
    assert networks == case["networks"]
