"""The engine's latents against those of diffusers' own pipeline, from the same noise."""

import pytest
import torch
from diffusers import (
    EulerDiscreteScheduler,
    HeunDiscreteScheduler,
    StableDiffusionPipeline,
)

from pipeline.engine.engine import Engine
from pipeline.sampling.noise import ImageNoise
from tests.conftest import WEIGHTS
from tests.pipeline.engine.conftest import request_of, run


@pytest.mark.parametrize(
    ("sampler", "scheduler", "options"),
    [
        ("euler", EulerDiscreteScheduler, {}),
        ("euler", EulerDiscreteScheduler, {"use_karras_sigmas": True}),
        ("heun", HeunDiscreteScheduler, {}),
    ],
)
def test_latents_are_those_of_diffusers_to_a_thousandth(
    engine: Engine, sampler: str, scheduler: type, options: dict[str, bool]
) -> None:
    pipe = StableDiffusionPipeline.from_pretrained(
        WEIGHTS, dtype=torch.float32, safety_checker=None, requires_safety_checker=False
    )
    pipe.set_progress_bar_config(disable=True)
    pipe.scheduler = scheduler.from_config(  # type: ignore[attr-defined]
        pipe.scheduler.config, timestep_spacing="linspace", **options
    )
    theirs = pipe(
        "a large red circle",
        num_inference_steps=8,
        guidance_scale=4.0,
        latents=ImageNoise(5, (4, 8, 8)).next(),
        output_type="latent",
        width=64,
        height=64,
    ).images
    schedule = "karras" if options else "uniform"
    engine.submit(
        request_of(
            prompt="a large red circle",
            seeds=(5,),
            num_steps=8,
            guidance_scale=4.0,
            sampler=sampler,
            noise_schedule=schedule,
        )
    )
    engine.step()
    [image] = engine.running
    run(engine)
    assert image.latents is not None
    assert (image.latents - theirs).abs().max() <= 1e-3 * theirs.abs().max()
