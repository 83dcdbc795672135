"""The engine's latents against those of diffusers' own pipeline, from the same noise."""

import json
import math

import pytest
import torch
from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerDiscreteScheduler,
    HeunDiscreteScheduler,
    StableDiffusionPipeline,
)
from torch import Tensor

from pipeline.engine.engine import Engine
from pipeline.models.model import Model
from pipeline.sampling import Prediction, guide, reading, start_sampler
from pipeline.sampling.noise import ImageNoise
from tests.conftest import WEIGHTS
from tests.pipeline.engine.conftest import request_of, run
from tests.pipeline.prompts.texts import conditioning_of


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


def reference(scheduler: object, num_steps: int, latents: Tensor) -> list[Tensor]:
    """What diffusers' own pipeline holds after each of its updates."""
    pipe = StableDiffusionPipeline.from_pretrained(
        WEIGHTS, dtype=torch.float32, safety_checker=None, requires_safety_checker=False
    )
    pipe.set_progress_bar_config(disable=True)
    pipe.scheduler = scheduler
    held: list[Tensor] = []

    def keep(_: object, __: int, ___: int, values: dict[str, Tensor]) -> dict[str, Tensor]:
        held.append(values["latents"].clone())
        return values

    pipe(
        "a large red circle",
        num_inference_steps=num_steps,
        guidance_scale=4.0,
        latents=latents,
        output_type="latent",
        width=64,
        height=64,
        callback_on_step_end=keep,
    )
    return held


def test_ddim_is_diffusers_before_its_last_update(engine: Engine) -> None:
    config = json.loads((WEIGHTS / "scheduler" / "scheduler_config.json").read_text())
    scheduler = DDIMScheduler.from_config(
        config, timestep_spacing="leading", steps_offset=1, clip_sample=False
    )
    held = reference(scheduler, 10, ImageNoise(5, (4, 8, 8)).next())
    engine.submit(
        request_of(
            prompt="a large red circle",
            seeds=(5,),
            num_steps=10,
            guidance_scale=4.0,
            sampler="DDIM",
        )
    )
    engine.step()
    [image] = engine.running
    run(engine)
    assert image.latents is not None
    # The reference goes on from timestep 1 to the clean latents; webui's DDIM ends there.
    assert len(held) == image.num_done + 1
    assert (image.latents - held[-2]).abs().max() <= 1e-3 * held[-2].abs().max()


def test_dpmpp_2m_is_diffusers_fed_its_sigmas_and_timesteps(demo_model: Model) -> None:
    config = json.loads((WEIGHTS / "scheduler" / "scheduler_config.json").read_text())
    scheduler = DPMSolverMultistepScheduler.from_config(config, timestep_spacing="linspace")
    held = reference(scheduler, 8, ImageNoise(5, (4, 8, 8)).next())
    sigmas = scheduler.sigmas.tolist()
    timesteps = dict(zip(sigmas, scheduler.timesteps.tolist(), strict=False))

    contexts = conditioning_of(demo_model, "a large red circle").at(0)
    prediction = Prediction(demo_model.prediction)
    # Its latents keep a spread of 1 and start as bare noise; ours are those times this.
    spread = math.sqrt(1 + sigmas[0] ** 2)
    sampler = start_sampler(
        "dpmpp_2m", ImageNoise(5, (4, 8, 8)).next() * spread, sigmas, ImageNoise(5, (4, 8, 8))
    )
    evaluation = next(sampler)
    with torch.no_grad():
        while True:
            read = reading(prediction, evaluation)
            timestep = torch.tensor([timesteps[evaluation.sigma]])
            conditional, unconditional = (
                read.of_latents * evaluation.latents
                + read.of_output
                * demo_model.predict(evaluation.latents * read.input_scale, timestep, context)
                for context in contexts
            )
            try:
                evaluation = sampler.send(guide(conditional, unconditional, 4.0))
            except StopIteration as end:
                latents = end.value
                break
    assert (latents - held[-1]).abs().max() <= 1e-3 * held[-1].abs().max()
