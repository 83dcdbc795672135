"""Pictures gone over once more in a larger size, on the demo model."""

from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image

from pipeline.engine.engine import Engine
from pipeline.engine.running_image import RunningImage
from pipeline.errors import UnknownUpscaler
from pipeline.prompts.reading import read_prompts
from pipeline.results import Failed, GeneratedImage
from pipeline.samplers import SAMPLERS, find_sampler
from pipeline.sampling.noise import Normals
from pipeline.upscalers import UPSCALERS
from tests.pipeline.engine.conftest import SIZE, request_of, run

TWICE = {"hires_scale": 2.0, "hires_steps": 2}


def made(engine: Engine) -> dict[str, GeneratedImage]:
    events = run(engine)
    return {event.request_id: event for event in events if isinstance(event, GeneratedImage)}


def test_with_every_upscaler_the_picture_is_larger_and_says_how(engine: Engine) -> None:
    for upscaler in UPSCALERS:
        engine.submit(request_of(id=upscaler.id, hires_upscaler=upscaler.id, **TWICE))
    images = made(engine)
    assert images.keys() == {upscaler.id for upscaler in UPSCALERS}
    for upscaler in UPSCALERS:
        image = images[upscaler.id]
        assert Image.open(BytesIO(image.png)).size == (image.width, image.height) == (128, 128)
        assert "Size: 64x64" in image.infotext
        assert f"Hires upscale: 2.0, Hires steps: 2, Hires upscaler: {upscaler.label}" in (
            image.infotext
        )
    assert len({image.png for image in images.values()}) == len(UPSCALERS)


def test_with_every_sampler_as_many_calls_are_made_as_were_announced(engine: Engine) -> None:
    for info in SAMPLERS:
        engine.submit(request_of(id=info.id, sampler=info.id, num_steps=4, **TWICE))
    images: dict[str, RunningImage] = {}
    announced: dict[str, int] = {}
    while not engine.idle:
        for image in engine.running:
            images.setdefault(image.request.id, image)
            announced.setdefault(image.request.id, image.num_total)
        engine.step()
    assert images.keys() == {info.id for info in SAMPLERS}
    for name, image in images.items():
        assert image.number == 1
        assert image.latents is not None
        assert image.latents.shape[-1] == 2 * SIZE // 8
        if not find_sampler(name)[0].adaptive:
            assert image.num_done == announced[name] == image.request.num_evaluations, name


def test_the_second_pass_begins_from_the_first_under_the_seeds_first_noise(
    engine: Engine,
) -> None:
    engine.submit(request_of(sampler="euler", noise_multiplier=0.5, **TWICE))
    first = None
    while not (engine.running and engine.running[0].number == 1):
        engine.step()
        first = engine.finished[0].latents if engine.finished else first
    assert first is not None
    larger = torch.nn.functional.interpolate(first, scale_factor=2.0, mode="bilinear")
    asked = engine.running[0].evaluation
    noise = Normals(1, "cpu").draw((4, 16, 16)).unsqueeze(0)
    torch.testing.assert_close(asked.latents, larger + noise * asked.sigma)


def test_without_strength_it_keeps_the_first_passs_picture(engine: Engine) -> None:
    again = {"hires_scale": 1.0, "hires_upscaler": "nearest", "num_steps": 8, "sampler": "euler"}
    engine.submit(request_of(id="once", num_steps=8, sampler="euler"))
    for strength in (0.0, 0.4):
        engine.submit(request_of(id=str(strength), hires_strength=strength, **again))
    pixels = {
        name: np.asarray(Image.open(BytesIO(image.png)), dtype=float)
        for name, image in made(engine).items()
    }
    changes = [np.abs(pixels[name] - pixels["once"]).mean() for name in ("0.0", "0.4")]
    assert changes[0] < 8 < changes[1]  # of 255: what the VAE changes by itself


def test_fractions_from_1_on_are_of_the_second_pass() -> None:
    request = request_of(
        prompt="a [cat:dog:1.5] [in:out of:0.5] a box", num_steps=8, hires_scale=2, hires_steps=4
    )
    first, second = (
        [
            (entry.end_step, entry.text)
            for entry in read_prompts(request, number).positive[0].entries
        ]
        for number in (0, 1)
    )
    assert first == [(4, "a cat in a box"), (8, "a cat out of a box")]
    assert second == [(2, "a cat out of a box"), (4, "a dog out of a box")]


def test_what_a_prompt_says_of_the_second_pass_alone_leaves_the_first_as_it_was(
    engine: Engine,
) -> None:
    texts = {"plain": "a red circle", "edited": "a [red:blue:1.0] circle"}
    for name, prompt in texts.items():
        engine.submit(request_of(id=name, prompt=prompt, sampler="euler", **TWICE))
    seen: dict[tuple[str, int], torch.Tensor] = {}
    while not engine.idle:
        for image in [*engine.running, *engine.finished]:
            seen[image.request.id, image.number] = image.evaluation.latents
        engine.step()
    torch.testing.assert_close(seen["plain", 0], seen["edited", 0], rtol=1e-4, atol=1e-4)
    assert (seen["plain", 1] - seen["edited", 1]).abs().max() > 0.05


def test_it_is_the_same_bytes_alone_and_in_a_crowd(reproducible: Callable[[], Engine]) -> None:
    wanted = [
        request_of(id="latent", sampler="euler_a", **TWICE),
        request_of(id="pixels", sampler="ddim", hires_upscaler="lanczos", **TWICE),
        request_of(id="once", width=128, height=128),
    ]
    alone: dict[str, bytes] = {}
    engine = reproducible()
    for request in wanted:
        engine.submit(request)
        alone |= {name: image.png for name, image in made(engine).items()}
    crowd = reproducible()
    for request in wanted:
        crowd.submit(request)
    assert {name: image.png for name, image in made(crowd).items()} == alone


def test_an_upscaler_that_is_not_there_fails_its_request_alone(engine: Engine) -> None:
    engine.submit(request_of(id="bad", hires_upscaler="4x_nobody", **TWICE))
    engine.submit(request_of(id="good"))
    events = run(engine)
    [failed] = [event for event in events if isinstance(event, Failed)]
    assert isinstance(failed.error, UnknownUpscaler)
    assert [event.request_id for event in events if isinstance(event, GeneratedImage)] == ["good"]


@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_the_ends_of_its_strength_are_possible(engine: Engine, strength: float) -> None:
    for sampler in ("euler_a", "ddim", "unipc", "lcm"):
        engine.submit(
            request_of(id=sampler, sampler=sampler, hires_scale=1.5, hires_strength=strength)
        )
    assert len(made(engine)) == 4
