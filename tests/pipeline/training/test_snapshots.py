"""Which snapshots of a run are kept, and how one goes on from an earlier one."""

import os
import re
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from pipeline.errors import GenerationFailed, InvalidRequest
from pipeline.results import TrainingNote, TrainingProgress
from pipeline.training.disk import writing
from pipeline.training.snapshots import Snapshots
from tests.pipeline.training.conftest import RequestOf, Run, events_of, full_disk


def kept(folder: Path) -> list[str]:
    """What a run's folder has of snapshots and artifacts."""
    found = (path.relative_to(folder) for path in folder.rglob("*.pt"))
    return sorted(path.as_posix() for path in found)


def vectors(path: Path) -> torch.Tensor:
    found: torch.Tensor = torch.load(path, weights_only=True)["weights"]["vectors"]
    return found


def test_the_latest_snapshots_are_kept_with_their_artifacts_and_no_others(
    request_of: RequestOf, run: Run, tmp_path: Path
) -> None:
    request = request_of(num_steps=6, snapshot_every=1, kept_snapshots=3)
    list(run(request, tmp_path))
    artifacts = ["grau-4.pt", "grau-5.pt", "grau.pt"]
    assert kept(tmp_path) == [*artifacts, "snapshots/4.pt", "snapshots/5.pt", "state.pt"]


def test_the_best_snapshot_is_kept_however_old_it_is(request_of: RequestOf, tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path, request_of(kept_snapshots=1))
    for step in range(1, 5):
        snapshots.save(step, {}, {})
        (tmp_path / f"grau-{step}").mkdir()
        snapshots.prune(best=2)
    assert snapshots.steps() == [2, 4]
    assert sorted(path.name for path in tmp_path.glob("grau-*")) == ["grau-2", "grau-4"]


@pytest.fixture
def past_its_best(request_of: RequestOf, run: Run, tmp_path: Path) -> dict[str, Any]:
    """What was asked of a finished run of six steps, each with a snapshot."""
    asked = {"num_steps": 6, "snapshot_every": 1, "kept_snapshots": 4, "learning_rate": "1"}
    list(run(request_of(**asked), tmp_path))
    return asked


def test_a_run_goes_on_from_an_earlier_snapshot_at_another_rate(
    request_of: RequestOf, run: Run, tmp_path: Path, past_its_best: dict[str, Any]
) -> None:
    rescued = request_of(**past_its_best | {"resume_from": 4, "learning_rate": "0.001"})
    before = vectors(tmp_path / "snapshots" / "4.pt")
    events = list(islice(run(rescued, tmp_path), 2))
    assert isinstance(events[0], TrainingNote)
    assert events[0].text == "Going on after step 4."
    assert isinstance(events[1], TrainingProgress)
    assert (events[1].num_done, events[1].learning_rate) == (5, 0.001)
    # The future that was given up is gone.
    assert kept(tmp_path) == ["grau-3.pt", "grau-4.pt", "grau.pt", "snapshots/3.pt", "state.pt"]
    list(run(rescued, tmp_path))
    assert (vectors(tmp_path / "state.pt") - before).abs().max() < 0.003


def test_a_rescued_run_that_was_stopped_goes_on_from_where_it_was(
    request_of: RequestOf, run: Run, tmp_path: Path, past_its_best: dict[str, Any]
) -> None:
    rescued = request_of(**past_its_best | {"resume_from": 4, "learning_rate": "0.001"})
    first = run(rescued, tmp_path)
    list(islice(first, 2))  # to step 5
    first.close()
    again = events_of(run(rescued, tmp_path), TrainingProgress)
    assert [each.num_done for each in again] == [6]
    # At yet another rate it goes back once more.
    slower = rescued.model_copy(update={"learning_rate": "0.0001"})
    assert [each.num_done for each in events_of(run(slower, tmp_path), TrainingProgress)] == [5, 6]


def test_a_run_may_go_back_to_its_beginning(
    request_of: RequestOf, run: Run, tmp_path: Path, past_its_best: dict[str, Any]
) -> None:
    anew = request_of(**past_its_best | {"resume_from": 0, "num_steps": 1})
    assert [each.num_done for each in events_of(run(anew, tmp_path), TrainingProgress)] == [1]
    assert kept(tmp_path) == ["grau.pt", "state.pt"]


def test_a_snapshot_that_is_gone_is_named_with_those_that_there_are(
    request_of: RequestOf, run: Run, tmp_path: Path, past_its_best: dict[str, Any]
) -> None:
    left = kept(tmp_path)
    sentence = "The snapshot of step 2 is not kept: kept are those of step 3, 4, 5, 6."
    with pytest.raises(InvalidRequest, match=re.escape(sentence)):
        list(run(request_of(**past_its_best | {"resume_from": 2}), tmp_path))
    assert kept(tmp_path) == left
    with pytest.raises(InvalidRequest, match="there are none yet"):
        list(run(request_of(resume_from=2), tmp_path / "new"))


def test_a_snapshot_that_is_damaged_is_refused_and_costs_nothing(
    request_of: RequestOf, run: Run, tmp_path: Path, past_its_best: dict[str, Any]
) -> None:
    left = kept(tmp_path)
    os.truncate(tmp_path / "snapshots" / "4.pt", 100)
    with pytest.raises(InvalidRequest, match=re.escape("4.pt` is damaged")):
        list(run(request_of(**past_its_best | {"resume_from": 4}), tmp_path))
    assert kept(tmp_path) == left


def test_a_kill_while_a_snapshot_is_put_in_its_place_leaves_the_one_before(
    request_of: RequestOf, run: Run, tmp_path: Path, past_its_best: dict[str, Any]
) -> None:
    (tmp_path / "state.pt").unlink()
    longer = request_of(**past_its_best)
    assert [each.num_done for each in events_of(run(longer, tmp_path), TrainingProgress)] == [6]


def test_a_full_disk_is_told_in_a_sentence_and_leaves_the_snapshot_before(
    request_of: RequestOf, run: Run, tmp_path: Path
) -> None:
    training = run(request_of(snapshot_every=1), tmp_path)
    steps = (event for event in training if isinstance(event, TrainingProgress))
    assert [each.num_done for each in islice(steps, 2)] == [1, 2]
    told = pytest.raises(GenerationFailed, match="The snapshot of step 2 could not be written")
    with told, full_disk():
        next(training)
    assert not (tmp_path / "state.part").exists()
    assert torch.load(tmp_path / "state.pt", weights_only=True)["num_steps"] == 1


def test_a_full_disk_is_told_where_not_even_a_loss_can_be_written_down(
    request_of: RequestOf, run: Run, tmp_path: Path
) -> None:
    training = run(request_of(log_every=1), tmp_path)
    steps = (event for event in training if isinstance(event, TrainingProgress))
    next(steps)
    with pytest.raises(GenerationFailed, match="The disk is full"), full_disk(room=0):
        next(training)


def test_a_full_disk_keeps_no_half_of_a_picture_of_the_class(
    request_of: RequestOf, run: Run, tmp_path: Path
) -> None:
    settings = {"kind": "dreambooth", "class_prompt": "a circle", "num_class_pictures": 2}
    training = run(request_of(method=settings), tmp_path)
    next(training)
    made = [b"p" * 4000] * 2
    with pytest.raises(GenerationFailed, match="The disk is full"), full_disk():
        training.send(made)
    assert not list((tmp_path / "class").glob("*.p*"))


def test_a_full_disk_is_told_whoever_writes(tmp_path: Path) -> None:
    much = {"much": torch.zeros(1000)}
    told = pytest.raises(GenerationFailed, match="It could not be written: the disk may be full")
    with told, full_disk(), writing("It"):
        save_file(much, tmp_path / "much.safetensors")


def test_a_picture_that_is_held_out_is_not_learned_from(
    request_of: RequestOf, run: Run, tmp_path: Path
) -> None:
    pictures = request_of().pictures
    losses = []
    for number, last in enumerate(pictures[2:]):
        request = request_of(pictures=(*pictures[:2], last), holds_out=True, num_steps=6)
        steps = events_of(run(request, tmp_path / str(number)), TrainingProgress)
        losses.append([each.loss for each in steps])
    assert losses[0] == losses[1]
    with pytest.raises(InvalidRequest, match="needs another one to learn from"):
        request_of(pictures=pictures[:1], holds_out=True)
