"""A model made for inpainting, whose UNet also sees the mask and what is around it."""

import json
import shutil
from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from pipeline.config import PipelineConfig
from pipeline.engine.engine import Engine
from pipeline.results import GeneratedImage
from tests.conftest import WEIGHTS
from tests.pipeline.engine.conftest import request_of, run
from tests.pipeline.pictures import encoded

MASK = Image.new("L", (64, 64))
MASK.paste(255, (32, 0, 64, 64))
HALF = {
    "init_image": encoded(Image.effect_noise((64, 64), 90).convert("RGB")),
    "mask": encoded(MASK),
    "strength": 1.0,
}


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory, config: PipelineConfig) -> PipelineConfig:
    """The demo model as it is, with five more channels that do nothing, and with some that do."""
    models = {"demo": config.models["demo"]}
    for name, spread in (("blind", 0.0), ("seeing", 0.3)):
        folder = tmp_path_factory.mktemp(name) / "model"
        shutil.copytree(WEIGHTS, folder)
        settings = json.loads((folder / "unet" / "config.json").read_text())
        (folder / "unet" / "config.json").write_text(json.dumps(settings | {"in_channels": 9}))
        path = folder / "unet" / "diffusion_pytorch_model.safetensors"
        tensors = load_file(path)
        first = tensors["conv_in.weight"]
        torch.manual_seed(0)
        more = torch.randn(first.shape[0], 5, *first.shape[2:]) * spread
        tensors["conv_in.weight"] = torch.cat([first, more.to(first)], dim=1).contiguous()
        save_file(tensors, path)
        models[name] = config.models["demo"].model_copy(update={"path": folder})
    return config.model_copy(update={"models": models})


def pictures(config: PipelineConfig, **requests: dict[str, object]) -> dict[str, np.ndarray]:
    engine = Engine(config, "cpu")
    for name, fields in requests.items():
        engine.submit(request_of(id=name, **fields))
    return {
        event.request_id: np.asarray(Image.open(BytesIO(event.png)), dtype=int)
        for event in run(engine)
        if isinstance(event, GeneratedImage)
    }


def test_what_it_sees_beside_the_latents_reaches_it_and_nothing_else_changes(
    config: PipelineConfig,
) -> None:
    kinds: dict[str, dict[str, object]] = {
        "noise": {},
        "picture": {"init_image": HALF["init_image"], "strength": 0.5},
        "mask": HALF,
        "twice": {"hires_scale": 1.5, "hires_steps": 2},
    }
    for fields in kinds.values():
        made = pictures(
            config, **{name: {**fields, "model": name} for name in ("demo", "blind", "seeing")}
        )
        assert np.abs(made["blind"] - made["demo"]).max() <= 1
        assert np.abs(made["seeing"] - made["demo"]).mean() > 1


def test_the_conditional_mask_weight_decides_how_much_of_the_hole_it_sees(
    config: PipelineConfig,
) -> None:
    made = pictures(
        config,
        all={**HALF, "model": "seeing", "mask_weight": 1.0},
        half={**HALF, "model": "seeing", "mask_weight": 0.5},
    )
    assert np.abs(made["all"] - made["half"]).mean() > 0.5
