"""Weights of words against webui's, in all its modes."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from pipeline.prompts.emphasis import emphasise
from pipeline.requests import EmphasisName

TOLERANCE = 1e-5  # of the largest value
MODES: dict[str, EmphasisName] = {
    "Original": "original",
    "No_norm": "no_norm",
    "Ignore": "ignore",
    "None": "none",
}


@pytest.fixture(scope="module")
def recorded(golden_dir: Path) -> dict[str, Tensor]:
    return load_file(golden_dir / "emphasis.safetensors")


def cases(directory: Path) -> dict[str, str]:
    names = load_file(directory / "emphasis.safetensors").keys()
    return {name: name for name in names if name.startswith("out_")}


def test_words_are_weighed_as_in_the_reference(case: str, recorded: dict[str, Tensor]) -> None:
    mode = case.removeprefix("out_")
    hidden, multipliers = recorded["z"], recorded["multipliers"]
    if mode.endswith("_batch0_alone"):
        mode = mode.removesuffix("_batch0_alone")
        hidden, multipliers = hidden[:1], multipliers[:1]
    weighed = emphasise(MODES[mode], hidden, multipliers, [1] * len(hidden))
    expected = recorded[case].view_as(weighed)
    assert (weighed - expected).abs().max() <= TOLERANCE * expected.abs().max()


def test_a_text_counts_as_often_as_its_schedule_holds_it(recorded: dict[str, Tensor]) -> None:
    hidden, multipliers = recorded["z"], recorded["multipliers"]
    thrice = torch.tensor([0, 0, 0, *range(1, len(hidden))])
    once = emphasise("original", hidden, multipliers, [3, *[1] * (len(hidden) - 1)])
    together = emphasise("original", hidden[thrice], multipliers[thrice], [1] * len(thrice))
    torch.testing.assert_close(once, together[2:], rtol=TOLERANCE, atol=TOLERANCE)
