"""The loop: the same bits however often it stops, and an end that keeps what was good."""

import csv
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch

from pipeline.errors import InvalidRequest, OutOfMemory, TrainingDiverged
from pipeline.requests import GenerationRequest
from pipeline.results import Artifact, PicturesWanted, StepPart, TrainingNote, TrainingProgress
from pipeline.training.loss_log import LossLog
from pipeline.training.optimization import AdamWOptimization
from pipeline.training.textual_inversion import TextualInversion
from pipeline.training.train import METHODS
from pipeline.training_request import TrainingPicture
from tests.pipeline.training.conftest import RequestOf, Run, events_of


def tensors_in(value: object) -> list[torch.Tensor]:
    """Every tensor of a snapshot, in order."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, dict):
        return [tensor for each in value.values() for tensor in tensors_in(each)]
    return []


def state(folder: Path) -> list[torch.Tensor]:
    return tensors_in(torch.load(folder / "state.pt", weights_only=True))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("stopped_after", [1, 3])
def test_a_run_that_was_stopped_ends_with_the_same_bits(
    request_of: RequestOf, run: Run, tmp_path: Path, method: str, stopped_after: int
) -> None:
    request = request_of(method=method, latent_sampling="random", shuffles_tags=True, flip=0.5)
    whole = events_of(run(request, tmp_path / "whole"), TrainingProgress)

    first = run(request, tmp_path / "parts")
    begun = list(islice(first, stopped_after))
    first.close()
    rest = events_of(run(request, tmp_path / "parts"), TrainingProgress)

    assert [*begun, *rest] == whole
    assert all(map(torch.equal, state(tmp_path / "parts"), state(tmp_path / "whole")))
    assert len(state(tmp_path / "whole")) > 1


def test_between_two_portions_of_a_step_others_may_compute_and_change_nothing(
    request_of: RequestOf, run: Run, tmp_path: Path
) -> None:
    nets = {"kind": "hypernetwork", "layers": (1, 2, 1), "dropout": (0, 0.5, 0)}
    request = request_of(method=nets, accumulation=3, num_steps=2)
    list(run(request, tmp_path / "alone"))
    num_parts = 0
    for event in run(request, tmp_path / "beside"):
        num_parts += isinstance(event, StepPart)
        torch.manual_seed(7)
    assert num_parts == 2 * 2
    assert all(map(torch.equal, state(tmp_path / "beside"), state(tmp_path / "alone")))


def test_the_loss_log_has_every_step_once_after_a_kill(
    request_of: RequestOf, run: Run, tmp_path: Path
) -> None:
    request = request_of(log_every=1, snapshot_every=2)
    killed = run(request, tmp_path)
    assert len(list(islice(killed, 4))) == 4  # step, step, artifact, step
    state_then = (tmp_path / "state.pt").read_bytes()
    killed.close()
    (tmp_path / "state.pt").write_bytes(state_then)  # as a kill would have left it
    list(run(request, tmp_path))
    with (tmp_path / "textual_inversion_loss.csv").open(newline="") as file:
        assert [row["step"] for row in csv.DictReader(file)] == ["1", "2", "3", "4"]


def test_a_loss_log_that_was_cut_off_goes_on_with_its_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "loss.csv"
    log = LossLog(path, every=1, steps_per_epoch=4)
    for step in (1, 2, 3):
        log.write(step, 0.5, 0.1)
    whole = path.read_bytes()
    heading, *lines = whole.splitlines(keepends=True)
    for cut in range(len(whole)):  # as a full disk or a machine without power leaves it
        path.write_bytes(whole[:cut] + b"\0" * (cut % 3))
        log = LossLog(path, every=1, steps_per_epoch=4, resumed_at=2)
        log.write(3, 0.5, 0.1)
        left = [each for each in lines[:2] if each in whole[:cut].splitlines(keepends=True)]
        assert path.read_bytes() == b"".join([heading, *left, lines[2]])


def test_a_folder_goes_on_with_a_longer_run_but_not_with_another(
    request_of: RequestOf, run: Run, tmp_path: Path
) -> None:
    list(run(request_of(), tmp_path))
    longer = request_of(num_steps=6, learning_rate="1e-4")
    assert [each.num_done for each in events_of(run(longer, tmp_path), TrainingProgress)] == [5, 6]
    with pytest.raises(InvalidRequest, match="run with other pictures or settings, 6 steps long"):
        list(run(request_of(seed=6), tmp_path))


def test_snapshots_and_sample_pictures_come_when_they_are_due(
    request_of: RequestOf, run: Run, tmp_path: Path
) -> None:
    sample = GenerationRequest(prompt="a grau circle", seeds=(1,))
    request = request_of(snapshot_every=3, sample_every=2, samples=(sample,), num_steps=7)
    events = list(run(request, tmp_path))
    artifacts = [event for event in events if isinstance(event, Artifact)]
    assert [(each.num_steps, each.is_final) for each in artifacts] == [
        *[(2, False), (3, False), (4, False), (6, False), (7, False)],
        (7, True),
    ]
    assert [each.path.name for each in artifacts][-2:] == ["grau-7.pt", "grau.pt"]
    before, *wanted = [
        place for place, event in enumerate(events) if isinstance(event, PicturesWanted)
    ]
    assert before == 0
    assert [events[place - 1] for place in wanted] == [artifacts[at] for at in (0, 2, 3, 4)]


@pytest.fixture
def running_out(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Give textual inversion a memory that holds only so many samples from its second step on."""
    real = TextualInversion.loss

    def running_out(room: int) -> None:
        asked = []

        def loss(self: TextualInversion, batch: Any) -> torch.Tensor:
            asked.append(len(batch))
            if len(asked) > 1 and len(batch) > room:
                raise torch.OutOfMemoryError("no memory is left")
            return real(self, batch)

        monkeypatch.setattr(TextualInversion, "loss", loss)

    return running_out


def test_where_memory_ends_smaller_portions_make_the_same_steps(
    request_of: RequestOf, run: Run, tmp_path: Path, running_out: Callable[[int], None]
) -> None:
    request = request_of(batch_size=4, num_steps=3)
    whole = events_of(run(request, tmp_path / "roomy"), TrainingProgress)
    running_out(1)
    events = list(run(request, tmp_path / "tight"))
    notes = [event.text for event in events if isinstance(event, TrainingNote)]
    assert len(notes) == 2
    assert notes[-1].startswith("Memory ran out at step 2: going on with 1 picture at once")
    assert notes[-1].endswith("a step still learns from 4.")
    tight = [event for event in events if isinstance(event, TrainingProgress)]
    losses = [torch.tensor([each.loss for each in side]) for side in (whole, tight)]
    torch.testing.assert_close(*losses, rtol=1e-4, atol=0)


def test_in_float16_small_gradients_are_kept_from_vanishing_on_a_processor_too(
    request_of: RequestOf, run: Run, tmp_path: Path
) -> None:
    request = request_of(num_steps=2, precision="float16")
    assert len(events_of(run(request, tmp_path), TrainingProgress)) == 2
    saved = torch.load(tmp_path / "state.pt", weights_only=True)
    assert saved["optimization"]["scaler"]["scale"] > 1


def test_memory_that_holds_nothing_ends_the_run_with_a_sentence_and_a_snapshot(
    request_of: RequestOf, run: Run, tmp_path: Path, running_out: Callable[[int], None]
) -> None:
    running_out(0)
    with pytest.raises(OutOfMemory, match="even with one picture at once"):
        list(run(request_of(), tmp_path))
    assert torch.load(tmp_path / "state.pt", weights_only=True)["num_steps"] == 1


def test_an_optimizer_without_room_ends_the_run_with_a_sentence(
    request_of: RequestOf, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def step(*_: object) -> None:
        raise torch.OutOfMemoryError("no memory is left")

    monkeypatch.setattr(AdamWOptimization, "step", step)
    with pytest.raises(OutOfMemory, match="does not fit into the memory of cpu: take a smaller"):
        list(run(request_of(), tmp_path))


def test_a_loss_that_becomes_nan_ends_the_run_and_keeps_the_last_good_snapshot(
    request_of: RequestOf, run: Run, tmp_path: Path
) -> None:
    request = request_of(num_steps=6, learning_rate="1e-3:3, 1e38", snapshot_every=2)
    with pytest.raises(TrainingDiverged, match=r"step 5.*last good snapshot, of step 2"):
        list(run(request, tmp_path))
    assert torch.load(tmp_path / "state.pt", weights_only=True)["num_steps"] == 2
    assert all(torch.isfinite(tensor).all() for tensor in state(tmp_path))


@pytest.mark.parametrize(
    "caption", ["", "猫, 红色 背景", "كلب على أرضية", "🜍 (weights:1.3) [x]", "a" * 2000]
)
def test_one_picture_is_enough_and_its_caption_may_be_in_any_script(
    request_of: RequestOf,
    run: Run,
    tmp_path: Path,
    pictures: tuple[TrainingPicture, ...],
    caption: str,
) -> None:
    picture = pictures[0].model_copy(update={"caption": caption})
    request = request_of(pictures=(picture,), batch_size=2, num_steps=1, tag_dropout=0.5)
    (progress,) = events_of(run(request, tmp_path), TrainingProgress)
    assert progress.loss > 0
