"""Infotext read as webui reads it, defaults and corrections for old versions included."""

import json
from pathlib import Path
from typing import Any

from pipeline.images.infotext_reading import parse_infotext


def cases(directory: Path) -> dict[str, dict[str, Any]]:
    recorded = json.loads((directory / "infotext_parse.json").read_text())
    return {f"{at}: {case['input'][:40]!r}": case for at, case in enumerate(recorded["cases"])}


def test_an_infotext_tells_what_it_tells_the_reference(case: dict[str, Any]) -> None:
    # As JSON, so that True is not taken for 1.
    assert json.dumps(parse_infotext(case["input"]), sort_keys=True) == json.dumps(
        case["output"], sort_keys=True
    )
