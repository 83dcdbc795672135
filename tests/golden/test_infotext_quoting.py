"""Values of infotext put into quotes and taken out of them as webui does."""

import json
from pathlib import Path
from typing import Any

from pipeline.images.infotext import quote
from pipeline.images.infotext_reading import unquote


def cases(directory: Path) -> dict[str, tuple[str, Any, Any]]:
    recorded = json.loads((directory / "infotext_parse.json").read_text())
    return {
        f"{way} {at}": (way, given, expected)
        for way in ("quote", "unquote")
        for at, (given, expected) in enumerate(recorded.get(way, []))
    }


def test_a_value_is_quoted_and_unquoted_as_in_the_reference(case: tuple[str, Any, Any]) -> None:
    way, given, expected = case
    # Numbers come back as the text that is written of them.
    assert (quote if way == "quote" else unquote)(given) == str(expected)
