"""Pictures led towards an aesthetic embedding: nobody waits for the tuning, nor sees its traces."""

from pathlib import Path
from typing import Any

import pytest
import torch

from pipeline.adapters.aesthetic import aesthetic_bytes
from pipeline.config import PipelineConfig
from pipeline.engine.engine import Engine
from pipeline.errors import InvalidRequest, ModelUnavailable, UnknownAdapter
from pipeline.images.files import read_settings
from pipeline.images.infotext_requests import request_from_infotext
from pipeline.model_config import ModelConfig
from pipeline.requests import GenerationRequest
from pipeline.results import Failed, GeneratedImage
from tests.conftest import WEIGHTS
from tests.pipeline.engine.conftest import request_of, run

WIDTH = 64  # of what the demo model's CLIP projects to


@pytest.fixture
def settings(config: PipelineConfig, tmp_path: Path) -> PipelineConfig:
    """Exact calls, and a folder with aesthetic embeddings."""
    folder = tmp_path / "aesthetic"
    folder.mkdir()
    noise = torch.Generator().manual_seed(3)
    for name, width in (("dark", WIDTH), ("bright", WIDTH), ("wide", 768)):
        vector = torch.randn(1, width, generator=noise)
        (folder / f"{name}.pt").write_bytes(aesthetic_bytes(vector, ".pt"))
    return config.model_copy(
        update={"adapters": str(tmp_path), "reproducible": True, "max_images_in_flight": 4}
    )


def led(name: str = "dark", **values: Any) -> GenerationRequest:
    strong = {"aesthetic_learning_rate": 0.01, "aesthetic_steps": 3}
    return request_of(**{"id": name, "aesthetic_embedding": name} | strong | values)


def pictures(engine: Engine, *requests: GenerationRequest) -> dict[str, bytes]:
    for request in requests:
        engine.submit(request)
    return {
        event.request_id: event.png for event in run(engine) if isinstance(event, GeneratedImage)
    }


def refusal(settings: PipelineConfig, request: GenerationRequest) -> Exception:
    engine = Engine(settings, "cpu")
    engine.submit(request)
    [error] = [event.error for event in run(engine) if isinstance(event, Failed)]
    return error


def test_pictures_in_tuning_together_are_as_they_are_alone(settings: PipelineConfig) -> None:
    requests = [
        led("dark"),
        led("bright", prompt="a [red|blue] circle BREAK a star", aesthetic_slerp=True),
        led("dark", id="text", aesthetic_text="a star", aesthetic_text_negative=True),
        request_of(id="plain"),
    ]
    alone: dict[str, bytes] = {}
    for request in requests:
        alone |= pictures(Engine(settings, "cpu"), request)
    assert len(set(alone.values())) == len(requests)
    engine = Engine(settings, "cpu")
    assert pictures(engine, *requests) == alone
    assert pictures(engine, *requests) == alone  # from what is kept


def test_nobody_waits_for_a_tuning(settings: PipelineConfig) -> None:
    engine = Engine(settings, "cpu")
    engine.submit(led(aesthetic_steps=50))
    engine.step()
    engine.submit(request_of(id="plain", num_steps=3))
    num_turns = 0
    while not any(isinstance(event, GeneratedImage) for event in engine.step()):
        num_turns += 1
    assert [request.id for request in engine.waiting] == ["dark"]
    # One turn of the tuning between any two of its own at most.
    assert num_turns <= 2 * 6


def test_a_tuning_that_is_cancelled_leaves_no_trace(settings: PipelineConfig) -> None:
    wanted = pictures(Engine(settings, "cpu"), led("bright"))
    engine = Engine(settings, "cpu")
    engine.submit(led("dark", aesthetic_steps=20))
    for _ in range(5):
        engine.step()
    engine.cancel("dark")
    assert pictures(engine, led("bright")) == wanted


def test_a_picture_is_made_again_from_what_it_says(settings: PipelineConfig) -> None:
    engine = Engine(settings, "cpu")
    request = led(aesthetic_text="a star, small", aesthetic_slerp_angle=0.3, aesthetic_weight=0.8)
    [png] = pictures(engine, request).values()
    infotext = read_settings(png)
    assert infotext
    assert (
        "Aesthetic LR: 0.01, Aesthetic weight: 0.8, Aesthetic steps: 3, Aesthetic embedding: dark, "
        'Aesthetic slerp: False, Aesthetic text: "a star, small", Aesthetic text negative: False, '
        "Aesthetic slerp angle: 0.3" in infotext
    )
    found = request_from_infotext(infotext, {"demo": ModelConfig(path=WEIGHTS)})
    assert found.notes == ()
    assert list(pictures(Engine(settings, "cpu"), found.request).values()) == [png]


@pytest.mark.parametrize("without", ["aesthetic_weight", "aesthetic_steps", "aesthetic_text"])
def test_what_is_not_tuned_is_not_told(settings: PipelineConfig, without: str) -> None:
    empty: dict[str, Any] = {without: "" if without == "aesthetic_text" else 0}
    [png] = pictures(Engine(settings, "cpu"), led(**empty)).values()
    infotext = str(read_settings(png))
    assert "Aesthetic text:" not in infotext
    assert ("Aesthetic embedding" in infotext) is (without == "aesthetic_text")


def test_what_cannot_be_used_is_said_in_a_sentence(
    settings: PipelineConfig, tmp_path: Path
) -> None:
    unknown = refusal(settings, led("drak"))
    assert isinstance(unknown, UnknownAdapter)
    assert "no aesthetic embedding called `drak`. Try: dark" in unknown.message
    other = refusal(settings, led("wide"))
    assert isinstance(other, InvalidRequest)
    assert "made with another CLIP: it has 768 numbers, and this model's has 64" in other.message
    [(name, model)] = settings.models.items()
    for folder, kind in ((tmp_path / "nothing", ModelUnavailable), (model.path, ModelUnavailable)):
        elsewhere = model.model_copy(update={"aesthetic_clip": folder})
        changed = settings.model_copy(update={"models": {name: elsewhere}})
        assert isinstance(refusal(changed, led()), kind)


def test_a_checkpoint_without_clip_says_what_to_name(
    settings: PipelineConfig, tmp_path: Path
) -> None:
    [(name, model)] = settings.models.items()
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    for part in model.path.iterdir():
        if part.name != "clip":
            (folder / part.name).symlink_to(part)
    bare = settings.model_copy(update={"models": {name: model.model_copy(update={"path": folder})}})
    error = refusal(bare, led())
    assert isinstance(error, InvalidRequest)
    assert "name a CLIP as its `aesthetic_clip` in config.toml" in error.message
