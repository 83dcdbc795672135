"""Pictures from pictures do what they should: the short form of `python -m pipeline bench wand`."""

import pytest

from pipeline.bench.wand import PROMISED, shares
from pipeline.config import read_pipeline_config, read_toml
from tests.conftest import ROOT

FEW, MANY = 5, 100


@pytest.mark.parametrize("count", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
def test_pictures_from_pictures_do_what_they_should(count: int) -> None:
    config = read_pipeline_config(read_toml(ROOT / "config.toml")["pipeline"], ROOT)
    found = shares(config, count)
    assert found.keys() >= PROMISED.keys()
    for name, promised in PROMISED.items():
        allowed = 1 if promised < 1 and count == FEW else 0  # of few, one may go wrong
        assert found[name] >= promised - allowed / count, name
