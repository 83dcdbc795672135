"""The watch over a run: it changes nothing, says what it sees, and saves what was best."""

import json
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from pipeline.errors import GenerationFailed, TrainingDiverged
from pipeline.model_config import ModelConfig
from pipeline.requests import GenerationRequest
from pipeline.results import Artifact, FurnaceReport, PicturesWanted, TrainingNote, TrainingProgress
from pipeline.training.loop import Training
from pipeline.training.train import METHODS, open_loop
from pipeline.training.verdicts import Look, judge
from tests.pipeline.training.conftest import RequestOf, Run, events_of
from tests.pipeline.training.test_loop import state

AVERAGING = {"kind": "dreambooth", "ema": True, "saved_precision": "float32", "lora_rank": 0}
WATCHED: dict[str, Any] = {"watch_every": 2, "holds_out": True}
SAMPLES = tuple(
    GenerationRequest(prompt=prompt, seeds=(1, 2)) for prompt in ("a grau", "a grau on red")
)


def reports(training: Training) -> list[FurnaceReport]:
    return events_of(training, FurnaceReport)


def plain(level: int) -> bytes:
    """A PNG in one grey."""
    file = BytesIO()
    Image.new("RGB", (32, 32), (level,) * 3).save(file, "PNG")
    return file.getvalue()


def shown(training: Training, pictures: dict[int, Sequence[bytes]]) -> list[Any]:
    """All events of a run that is shown these sample pictures after these steps."""
    events: list[Any] = []
    answer: Sequence[bytes] | None = None
    try:
        while True:
            events.append(training.send(answer))
            last = events[-1]
            answer = pictures[last.num_done] if isinstance(last, PicturesWanted) else None
    except StopIteration:
        return events


@pytest.mark.parametrize("method", [*METHODS, AVERAGING])
def test_a_run_that_is_watched_comes_to_the_same_bits(
    request_of: RequestOf, run: Run, tmp_path: Path, method: Any
) -> None:
    asked = {"method": method, "holds_out": True, "num_steps": 3, "latent_sampling": "random"}
    list(run(request_of(**asked), tmp_path / "alone"))
    seen = reports(run(request_of(**asked, watch_every=1), tmp_path / "watched"))
    assert [each.num_done for each in seen] == [1, 2, 3]
    assert all(each.norm > 0 and each.train_loss > 0 for each in seen)
    assert all(map(torch.equal, state(tmp_path / "alone"), state(tmp_path / "watched")))


def test_what_is_looked_at_is_what_would_be_saved(
    request_of: RequestOf, run: Run, tmp_path: Path
) -> None:
    usual = {"learning_rate": "1e-3", "num_steps": 2, "watch_every": 2}
    looks = {}
    for ema in (False, True):
        request = request_of(**usual, method=AVERAGING | {"ema": ema})
        events = list(run(request, tmp_path / str(ema)))
        [report] = (event for event in events if isinstance(event, FurnaceReport))
        saved = events[-1]
        assert isinstance(saved, Artifact)
        looks[ema] = report.train_loss
        config, folder = ModelConfig(path=saved.path), tmp_path / f"{ema} again"
        again = open_loop(request, "demo", config, torch.device("cpu"), folder)
        assert again.watch
        assert report.train_loss == pytest.approx(again.watch.begun.train_loss, rel=1e-6)
    assert looks[True] != pytest.approx(looks[False], rel=1e-3)


def test_a_look_does_not_depend_on_when_the_run_was_stopped(
    request_of: RequestOf, run: Run, tmp_path: Path
) -> None:
    request = request_of(**WATCHED, id="one")
    whole = reports(run(request, tmp_path / "whole"))
    first = run(request, tmp_path / "parts")
    list(islice((event for event in first if isinstance(event, TrainingProgress)), 3))
    first.close()
    rest = reports(run(request, tmp_path / "parts"))
    assert [each.num_done for each in whole] == [2, 4]
    assert rest == whole[1:]


def test_nets_that_hardly_add_anything_yet_have_a_small_norm(
    request_of: RequestOf, run: Run, tmp_path: Path
) -> None:
    [report] = reports(run(request_of(method="hypernetwork", num_steps=2, watch_every=2), tmp_path))
    assert 0 < report.norm < 0.1


def test_a_look_remembers_the_sample_pictures_of_before_the_run_was_stopped(
    request_of: RequestOf, run: Run, tmp_path: Path
) -> None:
    request = request_of(**WATCHED | {"watch_every": 1}, samples=SAMPLES, sample_every=4)
    pictures: dict[int, Sequence[bytes]] = {
        each: list(map(plain, (0, 20 * each, 40, 60))) for each in (0, 4)
    }
    first = run(request, tmp_path)
    next(first)
    first.send(pictures[0])
    list(islice((event for event in first if isinstance(event, TrainingProgress)), 1))
    first.close()  # after step 2
    rest = shown(run(request, tmp_path), pictures)
    assert [each.variety for each in rest if isinstance(each, FurnaceReport)] == [1.0, 5.0]


def test_a_rate_of_next_to_nothing_spoils_the_batch(
    request_of: RequestOf, run: Run, tmp_path: Path
) -> None:
    asked = {"watch_every": 1, "num_steps": 3, "learning_rate": "1e-9"}
    early, *_, late = reports(run(request_of(**asked), tmp_path))
    assert (early.verdict, late.verdict) == ("too_early", "spoiled")
    assert "nothing was learned" in late.reason


def test_a_rate_far_too_large_blows_the_furnace_up_and_the_best_snapshot_is_the_end(
    request_of: RequestOf, run: Run, tmp_path: Path
) -> None:
    asked = WATCHED | {"num_steps": 8, "learning_rate": "1e-3:4, 100", "stops_when_blown": True}
    events = list(run(request_of(**asked), tmp_path))
    seen = [event for event in events if isinstance(event, FurnaceReport)]
    assert [(each.num_done, each.verdict == "blown") for each in seen] == [
        *[(2, False), (4, False)],
        (6, True),
    ]
    best = max(each.num_done for each in seen if each.is_best)
    (note,) = (event for event in events if isinstance(event, TrainingNote))
    assert note.text == f"Stopped at step 6, and went back to the best snapshot, of step {best}."
    final = events[-1]
    assert isinstance(final, Artifact)
    assert (final.num_steps, final.is_final) == (best, True)
    learned = torch.load(final.path, weights_only=True)["string_to_param"]["*"]
    kept = torch.load(tmp_path / f"grau-{best}.pt", weights_only=True)["string_to_param"]["*"]
    assert torch.equal(learned, kept)


def test_a_run_that_is_blown_at_the_first_look_has_nothing_to_keep(
    request_of: RequestOf, run: Run, tmp_path: Path
) -> None:
    asked = WATCHED | {"num_steps": 8, "learning_rate": "100", "stops_when_blown": True}
    told = run(request_of(**asked), tmp_path)
    with pytest.raises(GenerationFailed, match="no earlier snapshot is any better"):
        assert not any(isinstance(event, Artifact) and event.is_final for event in told)


def test_a_loss_that_becomes_nan_is_reported_before_it_ends_the_run(
    request_of: RequestOf, run: Run, tmp_path: Path
) -> None:
    asked = WATCHED | {"num_steps": 6, "learning_rate": "1e-3:3, 1e38"}
    told = run(request_of(**asked), tmp_path / "told")
    seen = list(islice((event for event in told if isinstance(event, FurnaceReport)), 2))
    assert [(each.num_done, each.verdict == "blown") for each in seen] == [(2, False), (4, True)]
    with pytest.raises(TrainingDiverged):
        next(told)
    events = list(run(request_of(**asked, stops_when_blown=True), tmp_path / "saved"))
    verdicts = [event.verdict for event in events if isinstance(event, FurnaceReport)]
    assert verdicts[-1] == "blown"
    assert isinstance(events[-1], Artifact)
    assert events[-1].num_steps == 2


def test_pictures_that_ignore_their_prompts_are_a_blown_furnace(
    request_of: RequestOf, run: Run, tmp_path: Path
) -> None:
    asked = WATCHED | {"samples": SAMPLES, "sample_every": 2, "learning_rate": "0.05"}
    begun = [plain(level) for level in (0, 100, 100, 200)]
    late = [plain(level) for level in (0, 255, 0, 255)]
    events = shown(run(request_of(**asked), tmp_path), {0: begun, 2: begun, 4: late})
    first, last = (event for event in events if isinstance(event, FurnaceReport))
    assert (first.variety, first.verdict == "blown") == (1.0, False)
    assert last.verdict == "blown"
    assert "ignore their prompts: these change them 0 % as much" in last.reason


def test_a_subject_that_always_looks_the_same_is_no_blown_furnace() -> None:
    """As it was seen of a crescent that was learned well: white behind it at either seed."""
    begun = Look(num_done=0, train_loss=0.093, held_out_loss=0.123, norm=0.0, across_seeds=0.28)
    look = replace(begun, num_done=144, train_loss=0.029, held_out_loss=0.068, across_seeds=0.04)
    assert judge(begun, look, usual_norm=1.0, share_done=0.6).verdict == "good"
    by_heart = replace(look, held_out_loss=0.2)
    assert judge(begun, by_heart, usual_norm=1.0, share_done=0.6).verdict == "blown"


def test_what_was_seen_of_a_future_that_was_given_up_is_forgotten(
    request_of: RequestOf, run: Run, tmp_path: Path
) -> None:
    asked = WATCHED | {"num_steps": 6, "snapshot_every": 2, "kept_snapshots": 3}
    list(run(request_of(**asked), tmp_path))
    list(run(request_of(**asked | {"num_steps": 4, "resume_from": 2}), tmp_path))
    seen = json.loads((tmp_path / "watch.json").read_text("utf-8"))
    assert [each["num_done"] for each in seen] == [0, 2, 4]
