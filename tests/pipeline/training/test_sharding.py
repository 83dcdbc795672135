"""DeepSpeed for real, on the CPU: one process, stages 2 and 3, both offloaded."""

import os
import re
import shutil
import signal
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from pipeline.errors import GenerationFailed, InvalidRequest
from pipeline.results import Artifact, FurnaceReport, StepPart, TrainingNote, TrainingProgress
from pipeline.training import child
from tests.pipeline.training.conftest import RequestOf, Run, children, events_of, full_disk

pytestmark = pytest.mark.slow

UNET = Path("unet", "diffusion_pytorch_model.safetensors")


@pytest.fixture
def sharded(request_of: RequestOf) -> RequestOf:
    method = {"kind": "dreambooth", "saved_precision": "float32", "lora_rank": 4}
    return lambda **values: request_of(
        **{"method": method, "learning_rate": "1e-4", "clipping": "norm", "clip_limit": "1"}
        | values
    )


def checkpoints(folder: Path) -> list[str]:
    """DeepSpeed's, in a run's folder."""
    return sorted(path.name for path in (folder / "deepspeed").glob("step-*"))


def same_weights(one: Path, other: Path) -> bool:
    """Whether two models were taught the same, to the last bit."""
    weights, others = (load_file(path / UNET) for path in (one, other))
    return all(torch.equal(weights[name], others[name]) for name in others)


@pytest.mark.parametrize("accumulation", [1, 2])
@pytest.mark.parametrize("optimizer", ["deepspeed2", "deepspeed3"])
def test_it_learns_what_adamw_learns(
    sharded: RequestOf, run: Run, tmp_path: Path, optimizer: str, accumulation: int
) -> None:
    learned, exported = {}, {}
    for each in ("adamw", optimizer):
        request = sharded(optimizer=each, accumulation=accumulation, num_steps=3)
        events = list(run(request, tmp_path / each))
        artifact = events[-1]
        assert isinstance(artifact, Artifact)
        losses = [event.loss for event in events if isinstance(event, TrainingProgress)]
        learned[each] = losses, load_file(artifact.path / UNET)
        beside = [
            load_file(artifact.path.parent / name)
            for name in ("grau.safetensors", "grau-lora.safetensors")
        ]
        exported[each] = [sorted((name, it.shape) for name, it in file.items()) for file in beside]
    (plain_losses, plain), (losses, found) = learned.values()
    assert exported[optimizer] == exported["adamw"]
    assert losses == pytest.approx(plain_losses, rel=1e-4)
    differences = torch.cat([(found[name] - plain[name]).abs().flatten() for name in plain])
    # Where a gradient is next to nothing, its last bits decide; nowhere as much as one step.
    assert differences.mean() < 1e-8
    assert differences.max() < 1e-4


@pytest.mark.parametrize("optimizer", ["deepspeed2", "deepspeed3"])
def test_a_run_that_was_watched_and_stopped_in_a_step_ends_with_the_same_bits(
    sharded: RequestOf, run: Run, tmp_path: Path, optimizer: str
) -> None:
    request = sharded(optimizer=optimizer, accumulation=2)
    whole = events_of(run(request, tmp_path / "whole"), TrainingProgress)
    watched = request.model_copy(update={"watch_every": 1})
    first = run(watched, tmp_path / "parts")
    begun = []
    for event in first:
        if isinstance(event, TrainingProgress):
            begun.append(event)
        elif isinstance(event, StepPart) and len(begun) == 2:
            break
    first.close()
    rest = events_of(run(watched, tmp_path / "parts"), TrainingProgress)
    assert [*begun, *rest] == whole
    assert same_weights(tmp_path / "parts" / "grau", tmp_path / "whole" / "grau")


@pytest.mark.parametrize("optimizer", ["deepspeed2", "deepspeed3"])
def test_a_run_goes_back_to_an_earlier_snapshot_and_comes_to_the_same_bits(
    sharded: RequestOf, run: Run, tmp_path: Path, optimizer: str
) -> None:
    asked = {"optimizer": optimizer, "snapshot_every": 1, "kept_snapshots": 3}
    folder, slower = tmp_path / "back", {"learning_rate": "1e-5"}
    list(run(sharded(**asked), folder))
    assert checkpoints(folder) == ["step-2", "step-3", "step-4"]
    back = sharded(**asked, **slower, resume_from=2)
    begun = run(back, folder)
    events = list(islice(begun, 2))
    assert isinstance(events[0], TrainingNote)
    assert events[0].text == "Going on after step 2."
    assert checkpoints(folder) == ["step-2"]  # the future that was given up is gone
    begun.close()
    list(run(back, folder))
    assert checkpoints(folder) == ["step-2", "step-4"]  # that of the pause was replaced

    first = run(sharded(**asked), tmp_path / "stopped")
    steps = (event for event in first if isinstance(event, TrainingProgress))
    list(islice(steps, 2))
    first.close()
    list(run(sharded(**asked, **slower), tmp_path / "stopped"))
    assert same_weights(folder / "grau", tmp_path / "stopped" / "grau")

    list(run(sharded(**asked, resume_from=0, num_steps=1), folder))
    assert checkpoints(folder) == ["step-1"]


@pytest.mark.parametrize("rate", ["1e-4:4, 1", "1e-4:4, 1e38"])
@pytest.mark.parametrize("optimizer", ["deepspeed2", "deepspeed3"])
def test_a_blown_run_ends_with_its_best_snapshot(
    sharded: RequestOf, run: Run, tmp_path: Path, optimizer: str, rate: str
) -> None:
    asked = {"num_steps": 8, "learning_rate": rate, "stops_when_blown": True}
    watched = {"optimizer": optimizer, "watch_every": 2, "holds_out": True}
    events = list(run(sharded(**watched, **asked), tmp_path))
    seen = [event for event in events if isinstance(event, FurnaceReport)]
    assert seen[-1].verdict == "blown"
    best = max(each.num_done for each in seen if each.is_best)
    final = events[-1]
    assert isinstance(final, Artifact)
    assert (final.num_steps, final.is_final) == (best, True)
    assert same_weights(final.path, tmp_path / f"grau-{best}")
    assert f"step-{best}" in checkpoints(tmp_path)


def damage_by_absence(checkpoint: Path) -> None:
    shutil.rmtree(checkpoint)


def damage_by_half(checkpoint: Path) -> None:
    (states,) = checkpoint.glob("*optim_states.pt")
    states.unlink()


def damage_by_truncation(checkpoint: Path) -> None:
    for states in checkpoint.glob("*_states.pt"):
        os.truncate(states, states.stat().st_size // 2)


@pytest.mark.parametrize("damage", [damage_by_absence, damage_by_half, damage_by_truncation])
def test_a_checkpoint_that_is_not_whole_is_refused_and_costs_nothing(
    sharded: RequestOf, run: Run, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    asked = {"optimizer": "deepspeed2", "snapshot_every": 1, "kept_snapshots": 3}
    list(run(sharded(**asked), tmp_path))
    damage(tmp_path / "deepspeed" / "step-3")
    sentence = "step-3` is missing or damaged: go on from another snapshot, or from step 0."
    with pytest.raises(InvalidRequest, match=re.escape(sentence)):
        list(run(sharded(**asked, resume_from=3), tmp_path))
    assert sorted(path.name for path in tmp_path.glob("grau-?")) == ["grau-2", "grau-3"]
    back = events_of(run(sharded(**asked, resume_from=2), tmp_path), TrainingProgress)
    assert [each.num_done for each in back] == [3, 4]


def test_a_full_disk_is_told_in_a_sentence_and_leaves_the_checkpoint_before(
    sharded: RequestOf, run: Run, tmp_path: Path
) -> None:
    request = sharded(optimizer="deepspeed2", snapshot_every=1)
    before = children()
    steps = (event for event in run(request, tmp_path) if isinstance(event, TrainingProgress))
    assert [each.num_done for each in islice(steps, 2)] == [1, 2]
    [pid] = children() - before
    told = pytest.raises(GenerationFailed, match="The snapshot of step 2 could not be written")
    with told, full_disk(pid, room=100_000):
        next(steps)
    assert checkpoints(tmp_path) == ["step-1"]
    rest = events_of(run(request, tmp_path), TrainingProgress)
    assert [each.num_done for each in rest] == [2, 3, 4]


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


def test_a_child_that_is_killed_is_an_error_of_ours_and_goes_on_later(
    sharded: RequestOf, run: Run, tmp_path: Path
) -> None:
    request = sharded(optimizer="deepspeed2", snapshot_every=1)
    before = children()
    training = run(request, tmp_path)
    next(training)
    [pid] = children() - before
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(GenerationFailed, match="ended"):
        list(training)
    assert events_of(run(request, tmp_path), TrainingProgress)[-1].num_done == 4
    assert child.PATIENCE
