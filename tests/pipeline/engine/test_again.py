"""A picture made again from what its own file says is the same file, byte for byte."""

from collections.abc import Callable
from typing import Any

import pytest

from pipeline.engine.engine import Engine
from pipeline.images.files import read_settings
from pipeline.images.infotext_requests import request_from_infotext
from pipeline.model_config import ModelConfig
from pipeline.requests import GenerationRequest
from pipeline.results import GeneratedImage
from pipeline.samplers import SAMPLERS
from tests.conftest import WEIGHTS
from tests.pipeline.engine.conftest import request_of, run


def made(engine: Engine, request: GenerationRequest) -> list[bytes]:
    engine.submit(request)
    images = [event for event in run(engine) if isinstance(event, GeneratedImage)]
    return [image.png for image in sorted(images, key=lambda image: image.index)]


def assert_same_again(engine: Engine, request: GenerationRequest) -> None:
    pictures = made(engine, request)
    assert len(set(pictures)) == len(request.seeds)
    for png in pictures:
        infotext = read_settings(png)
        assert infotext
        found = request_from_infotext(infotext, {"demo": ModelConfig(path=WEIGHTS)})
        assert found.notes == ()
        assert made(engine, found.request) == [png]


@pytest.mark.parametrize("sampler", [info.id for info in SAMPLERS])
def test_with_every_sampler(sampler: str, reproducible: Callable[[], Engine]) -> None:
    assert_same_again(reproducible(), request_of(sampler=sampler))


# Each changes the picture, so that a setting which got lost would show.
SETTINGS: dict[str, dict[str, Any]] = {
    "several seeds": {"seeds": (3, 4)},
    "noise": {"noise_source": "nv", "eta": 0.5, "eta_noise_seed_delta": 31337},
    "variation": {"variation_seed": 9, "variation_strength": 0.3, "seeds": (1, 1)},
    "resized seed": {"resized_from": (48, 56)},
    "churn": {
        "sampler": "euler",
        "s_churn": 5.0,
        "s_tmin": 0.1,
        "s_tmax": 10.0,
        "s_noise": 1.1,
        "eta_noise_seed_delta": 31337,
    },
    "schedule": {"sampler": "dpmpp_2m", "noise_schedule": "karras", "num_steps": 6},
    "discard": {"sampler": "euler", "discard_penultimate_sigma": True},
    "prompt": {
        "prompt": "a (red:1.3) [circle:square:0.4] AND blue:0.5\non [white|black]",
        "negative_prompt": "text, [green]",
        "emphasis": "no_norm",
    },
    "old prompt editing": {"prompt": "a red [circle:square:1.5]", "old_prompt_editing": True},
    "NovelAI": {"prompt": "a {red} [circle]", "prompt_syntax": "nai", "clip_skip": 2},
}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS.keys())
def test_with_every_setting(settings: dict[str, Any], reproducible: Callable[[], Engine]) -> None:
    request = request_of(**{"num_steps": 4, "guidance_scale": 4.5} | settings)
    assert_same_again(reproducible(), request)
