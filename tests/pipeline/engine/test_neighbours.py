"""A picture depends on its own request and on nobody else's."""

from collections.abc import Callable
from io import BytesIO
from itertools import cycle
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from pipeline.config import PipelineConfig
from pipeline.engine.engine import Engine
from pipeline.requests import GenerationRequest
from pipeline.results import GeneratedImage
from pipeline.samplers import SAMPLERS
from tests.pipeline.engine.conftest import request_of

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


# Its next step is as long as the last one's error says, so that the last bits that other neighbours
# change grow with every step: only calls of a fixed size keep its pictures the same.
AMPLIFYING = "dpm_adaptive"
FEW_IDS = {AMPLIFYING, "euler_a", "dpmpp_sde", "dpm_fast", "restart", "ddim_cfgpp", "unipc", "lcm"}
FEW = [request for request in MIX if request.id in FEW_IDS]


class Made(NamedTuple):
    """What became of one request: its picture, and the latents it was decoded from."""

    picture: bytes
    latents: Tensor


def step(engine: Engine, made: dict[str, Made], ended: dict[str, Tensor]) -> None:
    """One turn of an engine, and what it finished."""
    for image in engine.finished:
        assert image.latents is not None
        ended[image.request.id] = image.latents
    for event in engine.step():
        if isinstance(event, GeneratedImage):
            made[event.request_id] = Made(event.png, ended[event.request_id])


def made_in_a_crowd(engine: Engine, requests: list[GenerationRequest]) -> dict[str, Made]:
    """All of them, each joining some turns after the other, with one that is withdrawn."""
    made: dict[str, Made] = {}
    ended: dict[str, Tensor] = {}
    engine.submit(request_of(id="withdrawn", num_steps=150))
    for request in requests:
        engine.submit(request)
        for _ in range(3):
            step(engine, made, ended)
    engine.cancel("withdrawn")
    while not engine.idle:
        step(engine, made, ended)
    return made


def made_alone(engine: Engine, requests: list[GenerationRequest]) -> dict[str, Made]:
    made: dict[str, Made] = {}
    ended: dict[str, Tensor] = {}
    for request in requests:
        engine.submit(request)
        while not engine.idle:
            step(engine, made, ended)
    return made


def levels(picture: bytes) -> NDArray[np.int16]:
    return np.asarray(Image.open(BytesIO(picture)), dtype=np.int16)


def test_a_picture_of_any_sampler_but_one_is_the_same_alone_and_in_a_crowd(
    config: PipelineConfig,
) -> None:
    alone = made_alone(Engine(config, "cpu"), MIX)
    crowd = made_in_a_crowd(Engine(config, "cpu"), MIX)
    assert alone.keys() == crowd.keys() == {sampler.id for sampler in SAMPLERS}
    for name, (picture, latents) in alone.items():
        assert torch.isfinite(latents).all(), name
        if name == AMPLIFYING:
            continue
        difference = (latents - crowd[name].latents).abs().max() / latents.abs().max()
        assert float(difference) <= 1e-3, name
        assert np.abs(levels(picture) - levels(crowd[name].picture)).max() <= 2, name


def test_reproducible_pictures_are_the_same_bytes_alone_and_in_a_crowd(
    reproducible: Callable[[], Engine],
) -> None:
    alone, crowd = made_alone(reproducible(), FEW), made_in_a_crowd(reproducible(), FEW)
    for name, made in alone.items():
        assert made.picture == crowd[name].picture, name


def test_the_delta_changes_ancestral_samplers_and_leaves_euler_alone(
    reproducible: Callable[[], Engine],
) -> None:
    requests = [
        request_of(id=f"{sampler} {delta}", sampler=sampler, eta_noise_seed_delta=delta)
        for sampler in ("euler_a", "euler")
        for delta in (0, 31337)
    ]
    made = made_alone(reproducible(), requests)
    assert torch.equal(made["euler 0"].latents, made["euler 31337"].latents)
    before, after = levels(made["euler_a 0"].picture), levels(made["euler_a 31337"].picture)
    assert np.abs(before - after).max() > 10
