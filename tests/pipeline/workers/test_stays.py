"""A device that holds a training or a model for pictures, and not both."""

import operator
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from torch import nn

import pipeline.engine.denoise
import pipeline.engine.engine
import pipeline.engine.reader
from pipeline.config import PipelineConfig
from pipeline.engine.denoise import Denoiser
from pipeline.engine.engine import Engine
from pipeline.engine.running_image import Row
from pipeline.errors import Cancelled, OutOfMemory
from pipeline.requests import GenerationRequest
from pipeline.results import (
    Artifact,
    Failed,
    Finished,
    GeneratedImage,
    GenerationProgress,
    TrainingNews,
    TrainingNote,
    TrainingProgress,
)
from pipeline.workers.alone import news_of
from pipeline.workers.furnace import Furnace
from pipeline.workers.stays import Stays
from pipeline.workers.training import TrainingRun
from tests.pipeline.asking import teach
from tests.pipeline.workers.conftest import SIDES, SMALL, Events, picture, run, samples_of


def steps_of(events: Events) -> list[int]:
    return [it.num_done for it in events if isinstance(it, TrainingProgress)]


def test_pictures_without_room_beside_a_training_take_turns_with_it_and_both_are_as_alone(
    narrow: Furnace, tmp_path: Path
) -> None:
    narrow.submit(picture(0))
    alone = [it.png for it in run(narrow) if isinstance(it, GeneratedImage)]
    settings = {**SIDES, "num_steps": 40, "log_every": 1}
    narrow.submit(teach("grau", **settings, id="alone"))
    run(narrow)
    narrow.submit(teach("grau", **settings, id="beside"))
    events = run(narrow, lambda it: isinstance(it, TrainingProgress))
    for number in (1, 2):
        narrow.submit(picture(number))
        events += run(narrow, lambda it: isinstance(it, Finished))
        events += run(narrow, lambda it: isinstance(it, TrainingProgress))
    events += run(narrow)
    assert not [it for it in events if isinstance(it, Failed)]
    ends = [it.request_id for it in events if isinstance(it, Finished)]
    assert ends == ["picture 1", "picture 2", "beside"]
    assert [it.png for it in events if isinstance(it, GeneratedImage)] == alone * 2
    assert steps_of(events) == sorted(set(steps_of(events)))
    [note] = [it.text for it in events if isinstance(it, TrainingNote)]
    assert "take turns" in note
    for name in ("grau.pt", "textual_inversion_loss.csv"):
        files = [tmp_path / each / name for each in ("alone", "beside")]
        assert files[0].read_bytes() == files[1].read_bytes()


@pytest.mark.parametrize("method", ["textual_inversion", "dreambooth"])
def test_samples_without_room_beside_a_training_are_made_while_it_is_away(
    narrow: Furnace, config: PipelineConfig, tmp_path: Path, method: str
) -> None:
    sample = GenerationRequest(prompt="a grau circle", **SMALL)
    settings = {**SIDES, "method": method, "num_steps": 4, "sample_every": 2, "seed": 1}
    request = teach("grau", **settings, samples=(sample,), id="narrow")
    narrow.submit(request)
    events = run(narrow)
    assert not [it for it in events if isinstance(it, Failed)]
    [note] = [it.text for it in events if isinstance(it, TrainingNote)]
    assert "take turns" in note
    folder = tmp_path / "roomy"
    roomy = TrainingRun(config, request, Engine(config, "cpu"), folder)
    with pytest.MonkeyPatch.context() as roomier:
        roomier.setattr(UNet2DConditionModel, "to", nn.Module.to)
        expected = list(news_of(roomy))
    assert samples_of(events) == samples_of(expected)
    assert [num_done for num_done, _ in samples_of(events)] == [0, 2, 4]
    [state, other] = [
        torch.load(tmp_path / each / "state.pt", weights_only=True)["weights"]
        for each in ("narrow", "roomy")
    ]
    assert all(torch.equal(state[name], other[name]) for name in state)


def test_a_run_that_nobody_drives_beside_pictures_makes_its_samples_all_the_same(
    config: PipelineConfig, single_unet: None, tmp_path: Path
) -> None:
    sample = GenerationRequest(prompt="a grau circle", **SMALL)
    request = teach("grau", **SIDES, num_steps=4, sample_every=2, samples=(sample,))
    engine = Engine(config, "cpu")
    events = list(news_of(TrainingRun(config, request, engine, tmp_path / "run")))
    assert [num_done for num_done, _ in samples_of(events)] == [0, 2, 4]


def test_pictures_of_a_class_that_found_too_little_memory_are_made_once_others_are_done(
    config: PipelineConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    furnace = Furnace(config, "cpu")
    answer = Denoiser.__call__

    def in_turn(denoiser: Denoiser, rows: Sequence[Row]) -> Any:
        if denoiser is not furnace.engine.denoiser and furnace.engine.models_in_use:
            raise torch.OutOfMemoryError
        return answer(denoiser, rows)

    monkeypatch.setattr(Denoiser, "__call__", in_turn)
    furnace.submit(picture(1).model_copy(update={"num_steps": 12}))
    run(furnace, lambda it: isinstance(it, GenerationProgress))
    class_of = {"kind": "dreambooth", "class_prompt": "a circle", "num_class_pictures": 2}
    furnace.submit(teach("grau", **SIDES, id="one", num_steps=1, method=class_of))
    events = run(furnace)
    assert not [it for it in events if isinstance(it, Failed)]
    assert events[-1] == Finished("one")


def test_a_crowd_of_pictures_does_not_keep_a_training_away(narrow: Furnace) -> None:
    narrow.submit(teach("grau", **SIDES, id="one", num_steps=8))
    run(narrow, lambda it: isinstance(it, TrainingProgress))
    for number in range(24):
        narrow.submit(picture(number))
    events = run(narrow)
    ends = [it.request_id for it in events if isinstance(it, Finished)]
    assert not [it for it in events if isinstance(it, Failed)]
    assert len(ends) == 25
    assert 0 < ends.index("one") < 24


def test_a_picture_that_not_even_fits_alone_fails_and_the_training_goes_on(
    narrow: Furnace, monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow.submit(teach("grau", **SIDES, id="one", num_steps=20))
    run(narrow, lambda it: isinstance(it, TrainingProgress))

    def fail(*_: object) -> None:
        raise torch.OutOfMemoryError

    monkeypatch.setattr("pipeline.engine.engine.decode", fail)
    narrow.submit(picture(1))
    events = run(narrow)
    [failed] = [it for it in events if isinstance(it, Failed)]
    assert (failed.request_id, type(failed.error)) == ("picture 1", OutOfMemory)
    assert events[-1] == Finished("one")


@pytest.mark.parametrize("place", ["denoise", "decode", "texts"])
def test_a_picture_that_runs_out_of_memory_beside_a_training_goes_on_when_it_has_left(
    config: PipelineConfig, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    furnace = Furnace(config.model_copy(update={"model_turn": 0.0}), "cpu")
    furnace.submit(picture(0))
    alone = [it.png for it in run(furnace) if isinstance(it, GeneratedImage)]
    names = {
        "denoise": "pipeline.engine.denoise.Denoiser.__call__",
        "decode": "pipeline.engine.engine.decode",
        "texts": "pipeline.engine.reader.all_passes",
    }
    real = operator.attrgetter(names[place].removeprefix("pipeline.engine."))(pipeline.engine)

    def only_alone(*given: Any) -> Any:
        if furnace.engine.models.set_aside:
            raise torch.OutOfMemoryError
        return real(*given)

    monkeypatch.setattr(names[place], only_alone)
    furnace.submit(teach("grau", **SIDES, id="one", num_steps=40))
    run(furnace, lambda it: isinstance(it, TrainingProgress))
    furnace.submit(picture(1))
    events = run(furnace)
    assert not [it for it in events if isinstance(it, Failed)]
    assert [it.png for it in events if isinstance(it, GeneratedImage)] == alone


def test_a_training_is_paused_and_ends_by_order_while_it_is_away(
    narrow: Furnace, tmp_path: Path
) -> None:
    for request_id in ("paused", "ended"):
        narrow.submit(teach("grau", **SIDES, id=request_id, num_steps=1000))
        run(narrow, lambda it: isinstance(it, TrainingProgress))
        narrow.submit(picture(1).model_copy(update={"num_steps": 50}))
        run(narrow, lambda it: isinstance(it, GenerationProgress))
        if request_id == "paused":
            narrow.cancel(request_id)
            [end] = [it for it in run(narrow) if isinstance(it, Failed)]
            assert isinstance(end.error, Cancelled)
        narrow.order(request_id, "finish")
    [artifact] = [it for it in run(narrow) if isinstance(it, Artifact)]
    assert artifact.is_final
    assert artifact.num_steps < 1000
    assert torch.load(tmp_path / "paused" / "state.pt", weights_only=True)["num_steps"] >= 1


def test_what_was_saved_on_the_way_outlasts_many_departures(
    narrow: Furnace, tmp_path: Path
) -> None:
    kept = {"snapshot_every": 2, "kept_snapshots": 3}
    narrow.submit(teach("grau", **SIDES, id="one", num_steps=60, **kept))
    run(narrow, lambda it: isinstance(it, Artifact) and it.num_steps == 4)
    for number in range(4):
        narrow.submit(picture(number))
        run(narrow, lambda it: isinstance(it, Finished))
        run(narrow, lambda it: isinstance(it, TrainingProgress))
    narrow.cancel("one")
    run(narrow)
    snapshots = {int(path.stem) for path in (tmp_path / "one" / "snapshots").iterdir()}
    saved = {int(path.stem.removeprefix("grau-")) for path in (tmp_path / "one").glob("grau-*.pt")}
    assert len(snapshots) >= 2
    assert all(step % 2 == 0 for step in snapshots)
    assert snapshots <= saved


def test_a_stay_lasts_a_turn_or_as_long_as_loads_take() -> None:
    clock = [100.0]
    stays = Stays(20.0, lambda: clock[0])
    assert stays.is_over, "nobody came yet"
    stays.begin()
    clock[0] += 19.0
    assert not stays.is_over
    clock[0] += 1.0
    assert stays.is_over
    stays.loaded("training", 15.0)
    stays.loaded("pictures", 10.0)
    clock[0] += 24.0
    assert not stays.is_over
    clock[0] += 1.0
    assert stays.is_over


def test_many_models_for_pictures_do_not_make_their_stay_longer() -> None:
    clock = [100.0]
    stays = Stays(20.0, lambda: clock[0])
    stays.begin()
    for _ in range(2):
        stays.loaded("pictures", 5.0)
        clock[0] += 15.0
    assert stays.is_over
    stays.begin()
    stays.loaded("pictures", 5.0)
    assert not stays.is_over


def test_a_run_that_leaves_when_it_is_past_saving_says_so_when_it_comes_there_again(
    config: PipelineConfig, tmp_path: Path
) -> None:
    numbers: dict[str, Any] = {"num_steps": 8, "learning_rate": "1e-4:4, 1e38", "watch_every": 2}
    request = teach("grau", **SIDES, **numbers, stops_when_blown=True)
    run = TrainingRun(config, request, Engine(config, "cpu"), tmp_path / "run")
    events: list[TrainingNews] = []
    while not (events and isinstance(events[-1], TrainingProgress) and events[-1].num_done == 5):
        events += run.step()
    assert run.may_leave
    run.leave()
    events = list(news_of(run))
    assert [it.num_done for it in events if isinstance(it, TrainingProgress)][:1] == [5]
    [artifact] = [it for it in events if isinstance(it, Artifact) and it.is_final]
    assert artifact.num_steps == 4
