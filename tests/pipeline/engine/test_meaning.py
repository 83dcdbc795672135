"""Prompts mean what their brackets say, seen in the demo model's pictures."""

from collections.abc import Mapping
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from pipeline.config import PipelineConfig
from pipeline.engine.engine import Engine
from pipeline.models.demo.judge import judge
from pipeline.models.demo.pictures import Array
from pipeline.results import GeneratedImage
from tests.pipeline.engine.conftest import request_of, run

PROMPTS = {
    "red": "a circle on a red background",
    "blue": "a circle on a blue background",
    "weak": "a (red:0.6) circle on a white background",
    "strong": "a (red:1.4) circle on a white background",
    "red first": "a circle on a [red:blue:0.3] background",
    "blue first": "a circle on a [blue:red:0.3] background",
    "in turn": "a circle on a [red|blue] background",
    "both": "a circle on a red background AND a circle on a blue background",
    "mostly red": "a circle on a red background:0.9 AND a circle on a blue background:0.1",
    "mostly blue": "a circle on a red background:0.1 AND a circle on a blue background:0.9",
    "broken": "a red circle BREAK on a blue background",
}


@pytest.fixture(scope="module")
def pictures(config: PipelineConfig) -> Mapping[str, Array]:
    """What came of each prompt, all from one seed; (height, width, 3) in 0..1."""
    engine = Engine(config, "cpu")
    shared = {"width": 128, "height": 128, "num_steps": 12, "sampler": "euler"}
    for name, prompt in PROMPTS.items():
        engine.submit(request_of(id=name, prompt=prompt, guidance_scale=4.0, **shared))
    return {
        event.request_id: np.asarray(Image.open(BytesIO(event.png)), dtype=float) / 255
        for event in run(engine)
        if isinstance(event, GeneratedImage)
    }


def redness(picture: Array) -> float:
    """How much more red than blue a picture holds, -1 to 1."""
    return float((picture[..., 0] - picture[..., 2]).mean())


def test_a_heavier_colour_is_more_of_it(pictures: Mapping[str, Array]) -> None:
    paleness = {name: float(pictures[name][..., 1].mean()) for name in ("weak", "strong")}
    assert judge(pictures["strong"]).colour == "red"
    assert paleness["strong"] < paleness["weak"] - 0.03


def test_an_edit_begins_with_the_one_and_an_alternation_mixes_both(
    pictures: Mapping[str, Array],
) -> None:
    # The first calls decide large areas: with 4 of 12 calls the earlier colour has won.
    assert redness(pictures["red first"]) > 0.2
    assert redness(pictures["blue first"]) < -0.2
    mixed = redness(pictures["in turn"])
    assert redness(pictures["blue"]) + 0.15 < mixed < redness(pictures["red"]) - 0.15


def test_and_is_both_at_once_by_their_weights(pictures: Mapping[str, Array]) -> None:
    mostly_red, both, mostly_blue = (
        redness(pictures[name]) for name in ("mostly red", "both", "mostly blue")
    )
    assert mostly_red > 0.2
    assert mostly_blue < -0.2
    assert mostly_blue + 0.05 < both < mostly_red - 0.05


def test_what_stands_behind_break_still_counts(pictures: Mapping[str, Array]) -> None:
    seen = judge(pictures["broken"])
    assert (seen.colour, seen.background) == ("red", "blue")
