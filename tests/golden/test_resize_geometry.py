"""Where a picture comes to lie in another size, against webui's formula."""

import json
from pathlib import Path
from typing import Any

from PIL import Image

from pipeline.images.resizing import placed, resized

MODES = {1: "crop", 2: "fill"}


def cases(directory: Path) -> dict[str, dict[str, Any]]:
    recorded = json.loads((directory / "resize_geometry.json").read_text())
    return {
        f"{MODES[case['mode']]}-{case['image']}-{case['target']}": case
        for case in recorded["cases"]
    }


def test_a_picture_lies_where_it_lies_in_the_reference(case: dict[str, Any]) -> None:
    size, mode = tuple(case["target"]), MODES[case["mode"]]
    inner, at = placed(tuple(case["image"]), size, mode)
    assert [*inner] == case["resized"]
    assert [*at] == case["paste_at"]
    picture = resized(Image.new("L", tuple(case["image"]), 255), size, mode)
    assert picture.size == size
    assert picture.getextrema() == (255, 255)  # nothing of it is left empty
