"""On a CUDA device: the same bytes alone and in a crowd, and the CPU's picture up to rounding."""

from io import BytesIO

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from pipeline.bench.random_weights import write_random_weights
from pipeline.config import PipelineConfig, read_pipeline_config, read_toml
from pipeline.engine.engine import Engine
from pipeline.model_config import ModelConfig
from pipeline.requests import GenerationRequest
from pipeline.results import GeneratedImage
from pipeline.samplers import SAMPLERS
from tests.conftest import ROOT

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here"),
]
SIZE = 128  # pixels
TRUE_SIZE = 512  # of Stable Diffusion 1.5


@pytest.fixture(scope="module")
def config() -> PipelineConfig:
    table = read_toml(ROOT / "config.toml")["pipeline"] | {"reproducible": True}
    return read_pipeline_config(table, ROOT)


@pytest.fixture(scope="module")
def true_size(tmp_path_factory: pytest.TempPathFactory) -> PipelineConfig:
    """Stable Diffusion 1.5's architecture with random weights."""
    folder = tmp_path_factory.mktemp("weights") / "sd15"
    write_random_weights(folder, "sd1")
    return PipelineConfig(models={"sd15": ModelConfig(path=folder)}, reproducible=True)


def requests() -> list[GenerationRequest]:
    return [
        GenerationRequest(
            id=f"{sampler.id} {seed}",
            prompt="a large red circle",
            sampler=sampler.id,
            seeds=(seed,),
            num_steps=4 + seed,
            width=SIZE,
            height=SIZE,
        )
        for sampler in SAMPLERS
        for seed in range(4)
    ]


def make(engine: Engine, wanted: list[GenerationRequest], at_once: bool) -> dict[str, bytes]:
    pictures: dict[str, bytes] = {}
    for request in wanted:
        engine.submit(request)
        while not engine.idle and not (at_once and request is not wanted[-1]):
            for event in engine.step():
                if isinstance(event, GeneratedImage):
                    pictures[event.request_id] = event.png
    return pictures


def levels(png: bytes) -> NDArray[np.int16]:
    return np.asarray(Image.open(BytesIO(png)), dtype=np.int16)


def test_the_same_bytes_alone_and_in_a_crowd(config: PipelineConfig) -> None:
    alone = make(Engine(config, "cuda:0"), requests(), at_once=False)
    assert make(Engine(config, "cuda:0"), requests(), at_once=True) == alone


def test_the_same_bytes_alone_and_in_a_crowd_at_true_size(true_size: PipelineConfig) -> None:
    wanted = [
        GenerationRequest(
            id=sampler,
            prompt="a large red circle",
            sampler=sampler,
            seeds=(number,),
            num_steps=4 + number,
            width=TRUE_SIZE,
            height=TRUE_SIZE,
        )
        for number, sampler in enumerate(("Euler a", "DPM++ 2M Karras", "DPM++ SDE", "DDIM"))
    ]
    alone = make(Engine(true_size, "cuda:0"), wanted, at_once=False)
    assert len(alone) == len(wanted)
    assert make(Engine(true_size, "cuda:0"), wanted, at_once=True) == alone


def test_a_gpu_in_float32_gives_the_pictures_of_a_cpu(config: PipelineConfig) -> None:
    model = config.model().model_copy(update={"dtype": "float32"})
    exact = config.model_copy(update={"models": {"demo": model}})
    on_gpu = make(Engine(exact, "cuda:0"), requests(), at_once=True)
    on_cpu = make(Engine(exact, "cpu"), requests(), at_once=True)
    for name, png in on_cpu.items():
        if name.startswith("dpm_adaptive"):  # its steps are as long as the last bits say
            continue
        assert np.abs(levels(png) - levels(on_gpu[name])).mean() < 1, name
