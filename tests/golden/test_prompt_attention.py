"""Attention against webui's parser."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import InvalidRequest
from pipeline.prompts.attention import parse_attention

TOLERANCE = 1e-12  # relative


def cases(directory: Path) -> dict[str, dict[str, Any]]:
    recorded = json.loads((directory / "prompt_attention.json").read_text())
    return {repr(case["input"]): case for case in recorded["cases"]}


def test_a_text_has_the_weights_of_the_reference(case: dict[str, Any]) -> None:
    if "output" not in case:
        with pytest.raises(InvalidRequest, match="weight"):
            parse_attention(case["input"])
        return
    fragments = parse_attention(case["input"])
    assert [text for text, _ in fragments] == [text for text, _ in case["output"]]
    assert [weight for _, weight in fragments] == pytest.approx(
        [weight for _, weight in case["output"]], rel=TOLERANCE, abs=0.0
    )
