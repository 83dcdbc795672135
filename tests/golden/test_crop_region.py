"""The part that is worked on where only what is masked is repainted, against webui's."""

import json
from pathlib import Path
from typing import Any

from PIL import Image

from pipeline.images.crop_region import crop_region, expanded


def cases(directory: Path) -> dict[str, dict[str, Any]]:
    recorded = json.loads((directory / "crop_region.json").read_text())
    return {
        f"{case['mask_box']}-{case['pad']}-{case['processing']}": case for case in recorded["cases"]
    }


def test_the_region_is_the_references(case: dict[str, Any]) -> None:
    mask = Image.new("L", tuple(case["image"]))
    if case["mask_box"]:
        mask.paste(255, tuple(case["mask_box"]))
    box = crop_region(mask, case["pad"])
    if case["region_v2"] is None:
        assert box is None
        return
    assert box == tuple(case["region_v2"])
    shape, limits = tuple(case["processing"]), tuple(case["image"])
    assert expanded(box, shape, limits) == tuple(case["expanded"])
