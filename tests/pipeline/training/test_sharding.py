"""DeepSpeed for real, on the CPU: one process, stages 2 and 3, both offloaded."""

import os
import signal
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from pipeline.errors import GenerationFailed, InvalidRequest
from pipeline.results import Artifact, TrainingProgress
from pipeline.training import child
from tests.pipeline.training.conftest import RequestOf, Run, events_of

pytestmark = pytest.mark.slow

UNET = Path("unet", "diffusion_pytorch_model.safetensors")


@pytest.fixture
def sharded(request_of: RequestOf) -> RequestOf:
    method = {"kind": "dreambooth", "saved_precision": "float32", "lora_rank": 4}
    return lambda **values: request_of(
        **{"method": method, "learning_rate": "1e-4", "clipping": "norm", "clip_limit": "1"}
        | values
    )


@pytest.mark.parametrize("accumulation", [1, 2])
@pytest.mark.parametrize("optimizer", ["deepspeed2", "deepspeed3"])
def test_it_learns_what_adamw_learns(
    sharded: RequestOf, run: Run, tmp_path: Path, optimizer: str, accumulation: int
) -> None:
    learned = {}
    for each in ("adamw", optimizer):
        request = sharded(optimizer=each, accumulation=accumulation, num_steps=3)
        events = list(run(request, tmp_path / each))
        artifact = events[-1]
        assert isinstance(artifact, Artifact)
        losses = [event.loss for event in events if isinstance(event, TrainingProgress)]
        learned[each] = losses, load_file(artifact.path / UNET)
        assert (artifact.path.parent / "grau-lora.safetensors").exists()
    (plain_losses, plain), (losses, found) = learned.values()
    assert losses == pytest.approx(plain_losses, rel=1e-4)
    differences = torch.cat([(found[name] - plain[name]).abs().flatten() for name in plain])
    # Where a gradient is next to nothing, its last bits decide; nowhere as much as one step.
    assert differences.mean() < 1e-8
    assert differences.max() < 1e-4


@pytest.mark.parametrize("optimizer", ["deepspeed2", "deepspeed3"])
def test_a_run_that_was_stopped_ends_with_the_same_bits(
    sharded: RequestOf, run: Run, tmp_path: Path, optimizer: str
) -> None:
    request = sharded(optimizer=optimizer)
    whole = events_of(run(request, tmp_path / "whole"), TrainingProgress)
    first = run(request, tmp_path / "parts")
    begun = list(islice(first, 2))
    first.close()
    rest = events_of(run(request, tmp_path / "parts"), TrainingProgress)
    assert [*begun, *rest] == whole
    stopped, straight = (load_file(tmp_path / each / "grau" / UNET) for each in ("parts", "whole"))
    assert all(torch.equal(stopped[name], straight[name]) for name in straight)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"method": {"kind": "dreambooth", "ema": True}}, "leave EMA off"),
        ({"clipping": "value"}, "by their norm only"),
        ({"clip_limit": "1:2, 0.5"}, "keeps to one clip limit"),
        ({"precision": "float16"}, "not float16"),
        ({"method": "textual_inversion"}, "for DreamBooth"),
    ],
)
def test_what_it_cannot_do_is_said_in_a_sentence(
    sharded: RequestOf, run: Run, tmp_path: Path, values: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        list(run(sharded(optimizer="deepspeed2", **values), tmp_path))


def children() -> Iterator[int]:
    """Processes that this one started."""
    for task in Path("/proc/self/task").iterdir():
        yield from map(int, (task / "children").read_text().split())


def test_a_child_that_is_killed_is_an_error_of_ours_and_goes_on_later(
    sharded: RequestOf, run: Run, tmp_path: Path
) -> None:
    request = sharded(optimizer="deepspeed2", snapshot_every=1)
    before = set(children())
    training = run(request, tmp_path)
    next(training)
    [pid] = set(children()) - before
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(GenerationFailed, match="ended"):
        list(training)
    assert events_of(run(request, tmp_path), TrainingProgress)[-1].num_done == 4
    assert child.PATIENCE
