"""Stable Diffusion 2 and XL through the engine, against diffusers' own pipelines."""

from pathlib import Path
from typing import cast

import pytest
import torch
from diffusers import EulerDiscreteScheduler, StableDiffusionPipeline, StableDiffusionXLPipeline
from torch import Tensor

from pipeline.checkpoint import Family
from pipeline.config import read_pipeline_config
from pipeline.engine.engine import Engine
from pipeline.results import GeneratedImage
from pipeline.sampling.noise import ImageNoise
from tests.pipeline.engine.conftest import request_of, run
from tests.pipeline.models.tiny import SIDE, write_tiny


@pytest.fixture(scope="module", params=["sd1", "sd2", "sdxl"])
def checkpoint(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Family, Path]:
    family = cast("Family", request.param)
    return family, write_tiny(tmp_path_factory.mktemp("tiny") / family, family)


def latents_of_diffusers(family: Family, folder: Path, negative: str | None) -> Tensor:
    kind = StableDiffusionXLPipeline if family == "sdxl" else StableDiffusionPipeline
    extra = {} if family == "sdxl" else {"safety_checker": None, "requires_safety_checker": False}
    pipe = kind.from_pretrained(folder, dtype=torch.float32, **extra)
    pipe.set_progress_bar_config(disable=True)
    pipe.scheduler = EulerDiscreteScheduler.from_config(
        pipe.scheduler.config, timestep_spacing="linspace"
    )
    latents: Tensor = pipe(
        "a large red circle",
        negative_prompt=negative,
        num_inference_steps=8,
        guidance_scale=4.0,
        latents=ImageNoise(5, (4, SIDE // 8, SIDE // 8)).next(),
        output_type="latent",
        width=SIDE,
        height=SIDE,
    ).images
    return latents


@pytest.mark.parametrize("negative", [None, "a small blue star"])
def test_latents_are_those_of_diffusers_to_a_thousandth(
    checkpoint: tuple[Family, Path], negative: str | None
) -> None:
    family, folder = checkpoint
    config = read_pipeline_config({"models": {"tiny": {"path": str(folder)}}}, folder)
    engine = Engine(config, "cpu")
    engine.submit(
        request_of(
            prompt="a large red circle",
            negative_prompt=negative or "",
            seeds=(5,),
            num_steps=8,
            guidance_scale=4.0,
            sampler="Euler",
            noise_schedule="uniform",
            width=SIDE,
            height=SIDE,
        )
    )
    engine.step()
    [image] = engine.running
    assert image.model.family == family
    run(engine)
    assert image.latents is not None
    theirs = latents_of_diffusers(family, folder, negative)
    assert (image.latents - theirs).abs().max() <= 1e-3 * theirs.abs().max()


def test_pictures_of_every_family_fly_together_and_each_is_as_alone(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("crowd")
    families: tuple[Family, ...] = ("sd1", "sd2", "sdxl")
    models = {each: {"path": str(write_tiny(folder / each, each))} for each in families}
    config = read_pipeline_config(
        {"models": models, "reproducible": True, "max_images_in_flight": 4}, folder
    )
    requests = [
        request_of(model=each, prompt=prompt, negative_prompt=negative, width=side, height=SIDE)
        for each in families
        for prompt, negative, side in (
            ("a star", "", SIDE),
            ("a (red:1.3) star BREAK on blue", "ugly", SIDE),
            ("a star", "", 2 * SIDE),
        )
    ]
    crowd = Engine(config, "cpu")
    for request in requests:
        crowd.submit(request)
    together = {each.request_id: each.png for each in pictures(crowd)}
    assert len(set(together.values())) == len(requests)
    alone = Engine(config, "cpu")
    for request in requests:
        alone.submit(request)
        [picture] = pictures(alone)
        assert picture.png == together[request.id]


def pictures(engine: Engine) -> list[GeneratedImage]:
    return [event for event in run(engine) if isinstance(event, GeneratedImage)]
