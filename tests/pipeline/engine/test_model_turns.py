"""Models that do not fit together, taking turns on one device."""

import gc
import random
import shutil
import weakref
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from pipeline.config import PipelineConfig
from pipeline.engine.engine import Engine
from pipeline.engine.model_turns import ModelTurns
from pipeline.errors import ModelUnavailable
from pipeline.models.model import Model
from pipeline.models.weight import GIGABYTE, bytes_of_model, bytes_on_disk
from pipeline.requests import GenerationRequest
from pipeline.results import EngineEvent, Failed, Finished, GeneratedImage
from tests.pipeline.adapters.lora_files import kohya, random_matrices, write_lora
from tests.pipeline.engine.conftest import request_of, run

MakeEngine = Callable[..., Engine]
NAMES = ("one", "other", "third")


@pytest.fixture
def make_engine(config: PipelineConfig, demo_model: Model, tmp_path: Path) -> MakeEngine:
    """Engines for three models, of which as many fit together as `room` says."""
    write_lora(tmp_path, "lora", kohya(demo_model, random_matrices(demo_model, 1, size=0.1)))
    demo = config.models["demo"]

    def make(room: float, turn: float = 0.0) -> Engine:
        settings = {
            "models": dict.fromkeys(NAMES, demo),
            "adapters": str(tmp_path),
            "model_memory": room * bytes_on_disk(demo, torch.float32) / GIGABYTE,
            "model_turn": turn,
            "reproducible": True,
            "max_images_in_flight": 4,
        }
        return Engine(config.model_copy(update=settings), "cpu")

    return make


def request(number: int, model: str, **values: object) -> GenerationRequest:
    return request_of(id=str(number), model=model, seeds=(number,), **values)


def made(engine: Engine, requests: Sequence[GenerationRequest]) -> dict[str, bytes]:
    """The pictures of these requests, all submitted at once, in the order they were finished."""
    for each in requests:
        engine.submit(each)
    events = run(engine)
    assert not [event for event in events if isinstance(event, Failed)]
    return {each.request_id: each.png for each in events if isinstance(each, GeneratedImage)}


def in_turns(num: int) -> list[GenerationRequest]:
    """Requests that ask for the models one by one."""
    return [request(number, NAMES[number % 2], num_steps=2) for number in range(num)]


def test_each_picture_is_its_lone_self_whichever_models_are_loaded(make_engine: MakeEngine) -> None:
    wanted = [
        request(0, "one"),
        request(1, "other"),
        request(2, "third", width=128),
        request(3, "one", prompt="a blue square <lora:lora:0.7>"),
        request(4, "other", height=96, prompt="a red circle <lora:lora>", num_steps=5),
        request(5, "third", prompt="[a red circle:a blue square:0.5]"),
    ]
    roomy = make_engine(room=3.5)
    alone = {each.id: made(roomy, [each])[each.id] for each in wanted}
    for room in (1.5, 2.5):
        engine = make_engine(room)
        assert made(engine, wanted) == alone
        assert len(engine.models.loaded) == int(room)
    assert roomy.models.num_loads == len(NAMES)


def test_models_that_fit_together_share_the_device_call_by_call(make_engine: MakeEngine) -> None:
    engine = make_engine(room=2.5, turn=1000.0)
    finished = list(made(engine, in_turns(6)))
    assert engine.models.num_loads == 2
    assert finished == sorted(finished)


def test_a_model_with_its_turn_does_its_work_before_it_leaves(make_engine: MakeEngine) -> None:
    engine = make_engine(room=1.5, turn=1000.0)
    finished = list(made(engine, in_turns(10)))
    assert engine.models.num_loads == 2
    assert finished == ["0", "2", "4", "6", "8", "1", "3", "5", "7", "9"]


def test_without_a_turn_they_are_served_as_they_came(make_engine: MakeEngine) -> None:
    """At most one load a picture, and none in the middle of one."""
    engine = make_engine(room=1.5)
    assert list(made(engine, in_turns(4))) == list("0123")
    assert engine.models.num_loads == 4


def test_nobody_starves_beside_a_crowd_that_always_comes_again(make_engine: MakeEngine) -> None:
    engine = make_engine(room=1.5)
    steps = count()
    engine.model_turns = ModelTurns(engine.models, 60.0, now=lambda: float(next(steps)))
    engine.submit(request(0, "one"))
    engine.step()
    engine.submit(request(1, "other"))
    finished: list[str] = []
    num_others = 0
    while "1" not in finished and len(finished) < 200:
        while len(engine.waiting) + len(engine.running) < 4:
            num_others += 1
            engine.submit(request(1 + num_others, "one", num_steps=2))
        finished += [each.request_id for each in engine.step() if isinstance(each, Finished)]
    assert "1" in finished
    assert len(finished) > 2  # the crowd was served too, for its turn's length
    assert engine.models.num_loads == 2


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_whoever_asks_for_whatever_is_served(make_engine: MakeEngine, seed: int) -> None:
    source = random.Random(seed)
    engine = make_engine(room=source.choice([1.5, 2.5]), turn=source.choice([0.0, 0.1]))
    events: list[EngineEvent] = []
    number = 0
    while number < 12 or not engine.idle:
        if number < 12 and source.random() < 0.4:
            engine.submit(request(number, source.choice(NAMES), num_steps=source.randint(1, 4)))
            number += 1
        elif not engine.idle:
            events += engine.step()
    assert sum(isinstance(event, Finished) for event in events) == 12
    assert engine.models.num_loads <= 12


def test_a_model_that_is_too_large_for_the_limit_is_tried_alone(make_engine: MakeEngine) -> None:
    engine = make_engine(room=0.5)
    assert len(made(engine, in_turns(2))) == 2
    assert len(engine.models.loaded) == 1


def test_who_came_before_is_not_passed_over_by_who_needs_another_model(
    make_engine: MakeEngine,
) -> None:
    engine = make_engine(room=1.5)
    made(engine, [request(0, "one")])
    assert list(made(engine, [request(1, "one"), request(2, "other")])) == ["1", "2"]
    assert engine.models.num_loads == 2


def test_what_is_dropped_is_gone(make_engine: MakeEngine) -> None:
    engine = make_engine(room=1.5)
    made(engine, [request(0, "one", prompt="a red circle <lora:lora>")])
    model = weakref.ref(engine.models.get("one").model)
    made(engine, [request(1, "other")])
    gc.collect()
    assert model() is None


def test_a_size_is_known_before_a_model_is_loaded(
    demo_model: Model, config: PipelineConfig
) -> None:
    told = bytes_on_disk(config.models["demo"], torch.float32)
    assert told == pytest.approx(bytes_of_model(demo_model), rel=0.01)


def test_replaced_files_are_loaded_again_and_damaged_ones_named(
    config: PipelineConfig, tmp_path: Path
) -> None:
    folder = tmp_path / "weights"
    shutil.copytree(config.models["demo"].path, folder)
    demo = config.models["demo"].model_copy(update={"path": folder})
    engine = Engine(config.model_copy(update={"models": {"demo": demo}}), "cpu")
    first = made(engine, [request(0, "demo")])["0"]
    file = folder / "unet" / "diffusion_pytorch_model.safetensors"
    # Copies: what is read lies in the file itself, which gets shorter.
    weights = {name: weight * 0.9 for name, weight in load_file(file).items()}
    # In flight meanwhile: it keeps the weights that it began with.
    engine.submit(request(0, "demo", num_steps=6))
    engine.step()
    engine.step()
    file.write_bytes(file.read_bytes()[:-1000])
    engine.submit(request(1, "demo"))
    assert not [event for event in run(engine) if isinstance(event, Failed)]
    engine.submit(request(2, "demo"))
    [failed] = [event for event in run(engine) if isinstance(event, Failed)]
    assert isinstance(failed.error, ModelUnavailable)
    save_file(weights, file)
    assert made(engine, [request(0, "demo")])["0"] != first


def test_a_cancelled_request_makes_no_model_leave(make_engine: MakeEngine) -> None:
    engine = make_engine(room=1.5)
    engine.submit(request(0, "one", num_steps=6))
    engine.step()
    engine.submit(request(1, "other"))
    engine.step()
    engine.cancel("1")
    run(engine)
    assert engine.models.num_loads == 1
