"""One device that makes pictures and trains, on the demo model."""

import gc
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pipeline.artifact import KINDS_BY_FOLDER, UsedArtifact
from pipeline.config import PipelineConfig
from pipeline.errors import Cancelled
from pipeline.models.model import Model
from pipeline.requests import GenerationRequest
from pipeline.results import (
    Artifact,
    ClassPictures,
    EngineEvent,
    Failed,
    Finished,
    GeneratedImage,
    GenerationProgress,
    LossPlot,
    SamplePictures,
    TrainingNews,
    TrainingProgress,
    Turn,
)
from pipeline.workers.furnace import Furnace
from pipeline.workers.share import LONGEST_DEBT
from tests.pipeline.asking import teach
from tests.pipeline.workers.conftest import SIDES, SMALL, run


def pixels(png: bytes) -> bytes:
    return Image.open(BytesIO(png)).tobytes()


def test_a_training_ends_with_its_plot_and_what_was_learned(
    config: PipelineConfig, tmp_path: Path
) -> None:
    furnace = Furnace(config, "cpu")
    sample = GenerationRequest(prompt="a grau circle", **{**SMALL, "seeds": (1, 2)})
    furnace.submit(
        teach(
            "grau", **SIDES, id="one", num_steps=4, log_every=1, sample_every=2, samples=(sample,)
        )
    )
    turns: set[Turn] = set()
    events: list[EngineEvent | TrainingNews] = []
    while not furnace.idle:
        turns.add(furnace.next_turn)
        events += furnace.step()
    assert turns == {"load", "train", "save"}
    assert [it.num_done for it in events if isinstance(it, SamplePictures)] == [0, 2, 4]
    assert all(len(it.pictures) == 2 for it in events if isinstance(it, SamplePictures))
    plot, artifact, end = events[-3:]
    assert isinstance(plot, LossPlot)
    assert artifact == Artifact("one", "embeddings", tmp_path / "one" / "grau.pt", 4, True)
    assert end == Finished("one")
    assert furnace.idle


@pytest.mark.parametrize("method", ["textual_inversion", "lora", "dreambooth"])
def test_sample_pictures_are_those_that_anybody_gets_by_the_name_and_cost_no_second_load(
    config: PipelineConfig, method: str
) -> None:
    furnace = Furnace(config, "cpu")
    furnace.submit(GenerationRequest(prompt="a red circle", **SMALL))
    prompt = "a grau circle <lora:grau:1>" if method == "lora" else "a grau circle"
    sample = GenerationRequest(prompt=prompt, **SMALL)
    quick: dict[str, Any] = {"num_steps": 1, "sample_every": 1, "learning_rate": "1e-2"}
    furnace.submit(teach("grau", **SIDES, method=method, samples=(sample,), **quick))
    events = run(furnace)
    assert furnace.engine.models.num_loads == (2 if method == "dreambooth" else 1)
    assert list(furnace.engine.models.loaded) == ["demo"]

    before, after = [it.pictures for it in events if isinstance(it, SamplePictures)]
    assert before != after
    [final] = [it for it in events if isinstance(it, Artifact) and it.is_final]
    used = UsedArtifact(
        kind=KINDS_BY_FOLDER[final.folder], name="grau", path=str(final.path), base="demo"
    )
    model = "grau" if method == "dreambooth" else None
    furnace.submit(sample.model_copy(update={"artifacts": (used,), "model": model}))
    [made] = [it.png for it in run(furnace) if isinstance(it, GeneratedImage)]
    assert pixels(made) == pixels(after[0])


def test_a_sample_finds_what_its_asker_has_beside_what_is_learned(
    config: PipelineConfig, tmp_path: Path
) -> None:
    furnace = Furnace(config, "cpu")
    furnace.submit(teach("other", **SIDES, id="other", method="lora", num_steps=1))
    run(furnace)
    file = tmp_path / "other" / "other.safetensors"
    own = UsedArtifact(kind="lora", name="other", path=str(file))
    sample = GenerationRequest(prompt="a grau <lora:other:1>", artifacts=(own,), **SMALL)
    furnace.submit(teach("grau", **SIDES, num_steps=1, sample_every=1, samples=(sample,)))
    assert [it.num_done for it in run(furnace) if isinstance(it, SamplePictures)] == [0, 1]


def test_pictures_made_for_a_training_are_made_in_its_time(config: PipelineConfig) -> None:
    clock = count()  # every look is a second: a turn takes one, whatever it does
    furnace = Furnace(config, "cpu", lambda: float(next(clock)))
    sample = GenerationRequest(prompt="a grau circle", **{**SMALL, "num_steps": 40})
    furnace.submit(teach("grau", **SIDES, num_steps=2, sample_every=1, samples=(sample,)))
    run(furnace, lambda it: isinstance(it, SamplePictures))
    furnace.submit(GenerationRequest(prompt="a red circle", **{**SMALL, "num_steps": 20}))
    turns = []
    while not furnace.engine.idle:
        turns.append(furnace.next_turn)
        furnace.step()
    of_training = sum(turn in ("load", "train", "save") for turn in turns)
    assert abs(2 * of_training - len(turns)) <= 1
    assert not furnace.idle


def test_pictures_have_the_device_for_some_seconds_only_after_a_long_load(
    config: PipelineConfig,
) -> None:
    pace, clock = [0.5], [0.0]  # seconds that a turn takes, and that have passed

    def now() -> float:
        clock[0] += pace[0]
        return clock[0]

    furnace = Furnace(config, "cpu", now)
    furnace.submit(GenerationRequest(prompt="a red circle", **{**SMALL, "num_steps": 60}))
    run(furnace, lambda it: isinstance(it, GenerationProgress))
    furnace.submit(teach("grau", **SIDES, num_steps=1000))
    turn = furnace.next_turn
    pace[0] = 60.0
    furnace.step()
    assert turn == "load"
    pace[0], seconds = 0.5, 0.0
    while furnace.next_turn != "train":
        furnace.step()
        seconds += pace[0]
    assert 0 < seconds <= LONGEST_DEBT + 1
    assert not furnace.engine.idle


def test_pictures_come_while_a_training_goes_on_and_are_the_same_as_alone(
    config: PipelineConfig,
) -> None:
    picture = GenerationRequest(id="picture", prompt="a red circle", **SMALL)
    furnace = Furnace(config, "cpu")
    furnace.submit(picture)
    alone = [it for it in run(furnace) if isinstance(it, GeneratedImage)]
    furnace.submit(teach("grau", **SIDES, id="one", num_steps=1000))
    run(furnace, lambda it: isinstance(it, TrainingProgress))
    furnace.submit(picture)
    events = run(furnace, lambda it: isinstance(it, Finished))
    assert [it for it in events if isinstance(it, GeneratedImage)] == alone
    assert not furnace.idle


def test_what_is_cancelled_leaves_a_snapshot_and_the_next_may_begin(
    config: PipelineConfig, tmp_path: Path
) -> None:
    furnace = Furnace(config, "cpu")
    furnace.submit(teach("grau", **SIDES, id="one", num_steps=1000))
    run(furnace, lambda it: isinstance(it, TrainingProgress))
    furnace.cancel("one")
    end = run(furnace)[-1]
    assert isinstance(end, Failed)
    assert isinstance(end.error, Cancelled)
    assert (tmp_path / "one" / "state.pt").is_file()
    furnace.submit(teach("grau", **SIDES, id="two", num_steps=1))
    assert run(furnace)[-1] == Finished("two")


def test_who_asks_for_pictures_twice_before_the_next_step_gets_them_once(
    config: PipelineConfig,
) -> None:
    furnace = Furnace(config, "cpu")
    sample = GenerationRequest(prompt="a grau circle", **SMALL)
    furnace.submit(teach("grau", **SIDES, id="one", num_steps=1000, samples=(sample,)))
    run(furnace, lambda it: isinstance(it, TrainingProgress))
    for order in ("sample", "sample", "finish"):
        furnace.order("one", order)
    events = run(furnace)
    assert len([it for it in events if isinstance(it, SamplePictures)]) == 1
    assert events[-1] == Finished("one")


def test_what_is_taught_again_begins_with_pictures_of_the_model_without_it(
    config: PipelineConfig, tmp_path: Path
) -> None:
    def taught(config: PipelineConfig, run_id: str) -> tuple[bytes, Path]:
        furnace = Furnace(config, "cpu")
        sample = GenerationRequest(prompt="a grau circle", **SMALL)
        often = {"num_steps": 2, "sample_every": 1, "samples": (sample,), "learning_rate": "1"}
        furnace.submit(teach("grau", **SIDES, id=run_id, **often))
        events = run(furnace)
        before, after, *_ = [it.pictures[0] for it in events if isinstance(it, SamplePictures)]
        assert pixels(before) != pixels(after)
        return before, tmp_path / run_id / "grau.pt"

    before, learned = taught(config, "one")
    (tmp_path / "adapters" / "embeddings").mkdir(parents=True)
    learned.rename(tmp_path / "adapters" / "embeddings" / "grau.pt")
    again, _ = taught(config.model_copy(update={"adapters": str(tmp_path / "adapters")}), "two")
    assert pixels(again) == pixels(before)


def test_how_far_the_pictures_of_the_class_are_is_told(config: PipelineConfig) -> None:
    furnace = Furnace(config, "cpu")
    class_of = {"kind": "dreambooth", "class_prompt": "a circle", "num_class_pictures": 3}
    furnace.submit(teach("grau", **SIDES, id="one", method=class_of))
    events = run(furnace, lambda it: isinstance(it, ClassPictures) and it.num_made == 3)
    told = [it.num_made for it in events if isinstance(it, ClassPictures)]
    assert (told[0], told[-1]) == (0, 3)
    assert told == sorted(set(told))
    assert {it.num_total for it in events if isinstance(it, ClassPictures)} == {3}


def test_a_training_may_be_withdrawn_while_pictures_are_made_for_it(
    config: PipelineConfig,
) -> None:
    furnace = Furnace(config, "cpu")
    class_of = {"kind": "dreambooth", "class_prompt": "a circle", "num_class_pictures": 1}
    furnace.submit(teach("grau", **SIDES, id="one", method=class_of))
    for _ in range(5):
        furnace.step()
    assert furnace.engine.guest
    furnace.cancel("one")
    assert isinstance(run(furnace)[-1], Failed)
    assert not furnace.engine.guest


def test_what_is_wrong_with_a_training_fails_it_alone(config: PipelineConfig) -> None:
    furnace = Furnace(config, "cpu")
    furnace.submit(GenerationRequest(id="picture", prompt="a red circle", **SMALL))
    furnace.submit(teach("grau", **SIDES, id="one", learning_rate="1e38"))
    events = run(furnace)
    [failed] = [it for it in events if isinstance(it, Failed)]
    assert failed.request_id == "one"
    assert "Training blew up at step" in failed.error.message
    assert Finished("picture") in events


def test_a_training_that_failed_gives_back_what_it_had_of_the_device(
    config: PipelineConfig,
) -> None:
    furnace = Furnace(config, "cpu")
    furnace.submit(teach("grau", **SIDES, id="one", learning_rate="1e38"))
    gc.collect()  # what earlier tests left behind
    there_before = models_alive()
    gc.disable()  # as if it did not happen to come by
    try:
        events = run(furnace)
        left = models_alive()
    finally:
        gc.enable()
    assert isinstance(events[-1], Failed)
    assert left == there_before


def models_alive() -> int:
    return sum(type(each) is Model for each in gc.get_objects())


def test_a_plot_that_cannot_be_drawn_costs_nobody_anything(
    config: PipelineConfig, tmp_path: Path
) -> None:
    furnace = Furnace(config, "cpu")
    furnace.submit(teach("grau", **SIDES, id="one", num_steps=3, log_every=1))
    (tmp_path / "one" / "loss.png").mkdir(parents=True)
    assert run(furnace)[-1] == Finished("one")
    furnace.submit(teach("grau", **SIDES, id="two", num_steps=1000, log_every=1))
    run(furnace, lambda it: isinstance(it, TrainingProgress) and it.num_done > 2)
    with (tmp_path / "two" / "textual_inversion_loss.csv").open("a") as log:
        log.write("4,")  # as a full disk leaves it
    furnace.cancel("two")
    end = run(furnace)[-1]
    assert isinstance(end, Failed)
    assert isinstance(end.error, Cancelled)
