"""The watch on real runs of the demo model: a good one, a spoiled one, and one blown up by rate."""

from pathlib import Path

import pytest

from pipeline.bench.furnace import FURNACES, KINDS, SETTING, request_for, watched
from pipeline.config import PipelineConfig
from pipeline.model_config import ModelConfig
from tests.conftest import WEIGHTS


@pytest.mark.slow
@pytest.mark.parametrize("method", FURNACES)
def test_a_good_run_is_told_from_one_that_learns_nothing_and_one_that_learns_too_fast(
    tmp_path: Path, method: str
) -> None:
    config = PipelineConfig(devices=("cpu",), models={"demo": ModelConfig(path=WEIGHTS)})
    for kind in ("good", "rate 1e-9", "rate x 100"):
        request = request_for(FURNACES[method], KINDS[kind], SETTING[0], seed=900)
        trial = watched(config, request, tmp_path / kind)
        assert trial.verdict in KINDS[kind].expected, trial.reports[-1].reason
        assert bool(trial.false_alarms) == (kind != "good")
