"""A picture depends on its own request and on nobody else's."""

import hashlib
from collections.abc import Callable
from io import BytesIO
from itertools import cycle

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from pipeline.config import PipelineConfig
from pipeline.engine.engine import Engine
from pipeline.results import EngineEvent, GeneratedImage
from pipeline.samplers import SAMPLERS
from tests.pipeline.engine.conftest import request_of, run

MIX = [
    request_of(
        id=sampler.id,
        sampler=sampler.id,
        prompt=f"a {colour} star",
        seeds=(seed,),
        num_steps=steps,
    )
    for seed, (sampler, colour, steps) in enumerate(
        zip(SAMPLERS, cycle(("red", "blue", "green", "white")), cycle((5, 3, 4)))
    )
]


def pictures(events: list[EngineEvent]) -> dict[str, GeneratedImage]:
    return {event.request_id: event for event in events if isinstance(event, GeneratedImage)}


def levels(image: GeneratedImage) -> NDArray[np.int16]:
    return np.asarray(Image.open(BytesIO(image.png)), dtype=np.int16)


def made_in_a_crowd(engine: Engine) -> dict[str, GeneratedImage]:
    """All of the mix, each joining one turn after the other, with one that is withdrawn."""
    events: list[EngineEvent] = []
    engine.submit(request_of(id="withdrawn", num_steps=9))
    for request in MIX:
        engine.submit(request)
        events += [*engine.step(), *engine.step(), *engine.step()]
    engine.cancel("withdrawn")
    return pictures(events + run(engine))


def made_alone(engine: Engine) -> dict[str, GeneratedImage]:
    alone: dict[str, GeneratedImage] = {}
    for request in MIX:
        engine.submit(request)
        alone |= pictures(run(engine))
    return alone


def test_a_picture_is_the_same_alone_and_in_a_crowd(config: PipelineConfig) -> None:
    alone, crowd = made_alone(Engine(config, "cpu")), made_in_a_crowd(Engine(config, "cpu"))
    for name, picture in alone.items():
        assert np.abs(levels(picture) - levels(crowd[name])).max() <= 2, name


def test_reproducible_pictures_are_the_same_bytes_alone_and_in_a_crowd(
    reproducible: Callable[[], Engine],
) -> None:
    alone, crowd = made_alone(reproducible()), made_in_a_crowd(reproducible())
    hashes = [
        {name: hashlib.sha256(picture.png).hexdigest() for name, picture in made.items()}
        for made in (alone, crowd)
    ]
    assert hashes[0] == hashes[1]


@pytest.mark.parametrize("request_", MIX, ids=lambda request: request.id)
def test_latents_differ_by_a_thousandth_at_most_between_alone_and_in_a_crowd(
    engine: Engine, request_: object
) -> None:
    request = next(each for each in MIX if each is request_)
    engine.submit(request)
    engine.step()
    [alone] = engine.running
    run(engine)
    for neighbour in MIX:
        engine.submit(neighbour.model_copy(update={"id": f"{neighbour.id} as a neighbour"}))
    engine.submit(request)
    while not any(image.request is request for image in engine.running):
        engine.step()
    [crowded] = [image for image in engine.running if image.request is request]
    run(engine)
    assert alone.latents is not None
    assert crowded.latents is not None
    difference = (alone.latents - crowded.latents).abs().max() / alone.latents.abs().max()
    assert float(difference) <= 1e-3
    assert torch.isfinite(alone.latents).all()
