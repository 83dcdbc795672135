"""AND against webui's way of splitting."""

import json
from pathlib import Path
from typing import Any

from pipeline.prompts.subprompts import split_subprompts


def cases(directory: Path) -> dict[str, dict[str, Any]]:
    recorded = json.loads((directory / "prompt_multicond.json").read_text())
    return {repr(case["input"]): case for case in recorded["cases"]}


def test_a_prompt_is_split_as_in_the_reference(case: dict[str, Any]) -> None:
    subprompts = split_subprompts(case["input"])
    assert [list(each) for each in subprompts] == case["subprompts"]
    assert list(dict.fromkeys(each.text for each in subprompts)) == case["unique_texts"]
