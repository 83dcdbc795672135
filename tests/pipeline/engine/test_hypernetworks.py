"""Pictures with other hypernetworks, called in their prompts and in flight together."""

from io import BytesIO
from pathlib import Path

import pytest
import torch
from PIL import Image

from pipeline.config import PipelineConfig
from pipeline.engine.engine import Engine
from pipeline.errors import AdapterUnreadable, UnknownAdapter
from pipeline.models.model import Model
from pipeline.requests import GenerationRequest
from pipeline.results import Failed, Finished, GeneratedImage
from tests.pipeline.adapters.networks import random_hypernetwork, widths_of
from tests.pipeline.engine.conftest import request_of, run

CALLS = {
    "none": "",
    "strength 0": "<hypernet:one:0>",
    "one": "<hypernet:one:0.8>",
    "weaker": "<hypernet:one:0.4>",
    "both": "<hypernet:one:0.8> <hypernet:other:0.5>",
    "the other way round": "<hypernet:other:0.5> <hypernet:one:0.8>",
}


@pytest.fixture
def with_adapters(demo_model: Model, config: PipelineConfig, tmp_path: Path) -> PipelineConfig:
    """Exact calls, and a folder with two hypernetworks and a file that is none."""
    folder = tmp_path / "hypernetworks"
    folder.mkdir()
    for name in ("one", "other"):
        nets = random_hypernetwork(name, widths_of(demo_model)).nets
        weights = {
            width: (keys.state_dict(), values.state_dict())
            for width, (keys, values) in nets.items()
        }
        torch.save(weights, folder / f"{name}.pt")
    (folder / "bad.pt").write_bytes(b"PK\x03\x04")
    return config.model_copy(
        update={"adapters": str(tmp_path), "reproducible": True, "max_images_in_flight": 4}
    )


def calling(name: str) -> GenerationRequest:
    return request_of(id=name, prompt=f"a red circle{CALLS[name]}")


def pictures(engine: Engine, names: list[str]) -> dict[str, bytes]:
    for name in names:
        engine.submit(calling(name))
    return {
        event.request_id: event.png for event in run(engine) if isinstance(event, GeneratedImage)
    }


def test_pictures_with_other_sets_are_in_flight_together_and_do_not_notice(
    with_adapters: PipelineConfig,
) -> None:
    engine = Engine(with_adapters, "cpu")
    alone = {name: png for each in CALLS for name, png in pictures(engine, [each]).items()}
    assert pictures(Engine(with_adapters, "cpu"), list(CALLS)) == alone
    pixels = {name: Image.open(BytesIO(png)).tobytes() for name, png in alone.items()}
    assert pixels["none"] == pixels["strength 0"]
    assert len(set(pixels.values())) == len(CALLS) - 1


def test_only_the_same_sets_share_a_call(with_adapters: PipelineConfig) -> None:
    engine = Engine(with_adapters, "cpu")
    for name in CALLS:
        engine.submit(calling(name))
    while engine.waiting:
        engine.step()
    groups = {image.request.id: image.rows[0].group for image in engine.running}
    assert groups["none"] == groups["strength 0"]
    assert len(set(groups.values())) == len(CALLS) - 1
    assert len({row.group for row in engine.batcher.choose(engine.running)}) == 1


def test_what_cannot_be_called_fails_alone_in_a_sentence(with_adapters: PipelineConfig) -> None:
    engine = Engine(with_adapters, "cpu")
    for name, tag in (("near", "<hypernet:ona:1>"), ("bad", "<hypernet:bad>"), ("good", "")):
        engine.submit(request_of(id=name, prompt=f"a red circle {tag}"))
    events = run(engine)
    errors = {event.request_id: event.error for event in events if isinstance(event, Failed)}
    assert isinstance(errors["near"], UnknownAdapter)
    assert "Try: one" in errors["near"].message
    assert isinstance(errors["bad"], AdapterUnreadable)
    assert Finished("good") in events
