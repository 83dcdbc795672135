"""Every layout that checkpoints are passed around in holds the same model."""

import hashlib
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import numpy as np
import pytest
import torch
from accelerate import init_empty_weights
from diffusers import AutoencoderKL, UNet2DConditionModel
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from pipeline.checkpoint import CONFIGS, VAE, Family, family_of
from pipeline.errors import ConfigError, ModelUnavailable
from pipeline.model_config import ModelConfig
from pipeline.models.loading import load_model
from pipeline.models.model import Model
from pipeline.models.parts import Placement
from pipeline.models.single_file import INPUT_LAYER, SingleFile
from tests.pipeline.models.original_names import original
from tests.pipeline.models.single_files import settings_for, tensors_of, vae_tensors_of, write
from tests.pipeline.models.tiny import SIDE, write_tiny

CPU = torch.device("cpu")

# Tensors of the published files: sd_xl_base_1.0, v2-1_768-ema-pruned, v1-5-pruned-emaonly, each
# without the numbers of its noise schedule.
PATH = Path("model.ckpt")
NOWHERE = Placement(torch.device("meta"), torch.float16, "auto")
NUM_TENSORS = {"sd1": 686 + 248 + 197, "sd2": 686 + 248 + 294, "sdxl": 2515}


def stripped(family: Family) -> dict[str, Tensor]:
    """Names and shapes of a family's published file, without a single number."""
    folder = CONFIGS / family
    with init_empty_weights():
        unet = UNet2DConditionModel.from_config(UNet2DConditionModel.load_config(folder / "unet"))
        vae = AutoencoderKL.from_config(AutoencoderKL.load_config(folder / "vae"))
        encoders = [CLIPTextModel(CLIPTextConfig.from_pretrained(folder / "text_encoder"))]
        if family == "sdxl":
            config = CLIPTextConfig.from_pretrained(folder / "text_encoder_2")
            encoders.append(CLIPTextModelWithProjection(config))
    return original(
        family,
        unet.state_dict(),
        vae.state_dict(),
        [encoder.state_dict() for encoder in encoders],
        num_layers=2,
    )


@pytest.fixture(scope="module", params=list(NUM_TENSORS))
def family(request: pytest.FixtureRequest) -> Family:
    return cast("Family", request.param)


@pytest.fixture(scope="module")
def folder(family: Family, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny(tmp_path_factory.mktemp("tiny") / family, family)


@pytest.fixture(scope="module")
def tensors(folder: Path, family: Family) -> dict[str, Tensor]:
    return tensors_of(folder, family)


def weights_of(model: Model) -> dict[str, Tensor]:
    """Every weight of a model, as it computes with it."""
    parts = [model.unet, model.vae, *(tower.encoder for tower in model.towers)]
    return {
        f"{n}.{name}": each
        for n, part in enumerate(parts)
        for name, each in part.named_parameters()
    }


@cache
def load_folder(folder: Path, dtype: str = "float32") -> Model:
    return load_model("tiny", ModelConfig(path=folder, dtype=dtype, vae_dtype=dtype), CPU)


def assert_same(model: Model, folder: Path, dtype: str = "float32") -> None:
    """The model is, to the last bit, the one that the folder holds."""
    wanted = load_folder(folder, dtype)
    found, expected = weights_of(model), weights_of(wanted)
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    assert (model.family, model.in_channels) == (wanted.family, wanted.in_channels)
    assert torch.equal(model.alphas_cumprod, wanted.alphas_cumprod)


def left_by_a_trainer(monkeypatch: pytest.MonkeyPatch) -> dict[Any, Any]:
    """What stands beside the weights in the first published checkpoints."""
    name = "pytorch_lightning.callbacks.model_checkpoint"
    kind = type("ModelCheckpoint", (), {"__module__": name})
    for module in ("pytorch_lightning", "pytorch_lightning.callbacks", name):
        monkeypatch.setitem(sys.modules, module, ModuleType(module))
    monkeypatch.setattr(sys.modules[name], "ModelCheckpoint", kind, raising=False)
    kept = {"monitor": "val/loss", "best_model_score": np.float64(0.1), "current": kind()}
    return {"epoch": 1, "global_step": 470000, "callbacks": {kind: kept}, "lr_schedulers": []}


@pytest.mark.parametrize("layout", ["a.safetensors", "a.ckpt", "old.ckpt", "trainer.ckpt"])
def test_a_single_file_holds_what_its_folder_does(
    folder: Path,
    tensors: dict[str, Tensor],
    layout: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    beside = left_by_a_trainer(monkeypatch) if layout.startswith("trainer") else {}
    path = write(tmp_path / layout, tensors, old=layout.startswith("old"), **beside)
    config = settings_for(path, folder, prediction="epsilon").located("tiny", tmp_path)
    assert config.native_size == SIDE
    model = load_model("tiny", config, CPU)
    assert_same(model, folder)
    assert model.hash == hashlib.sha256(path.read_bytes()).hexdigest()[:10]


def test_averaged_weights_and_schedules_beside_it_change_nothing(
    folder: Path, tensors: dict[str, Tensor], tmp_path: Path
) -> None:
    averaged = {
        "model_ema." + name.removeprefix("model.").replace(".", ""): torch.zeros_like(each)
        for name, each in tensors.items()
        if name.startswith("model.")
    }
    beside = {"betas": torch.ones(1000), "model_ema.decay": torch.ones(())}
    path = write(tmp_path / "a.ckpt", tensors | averaged | beside)
    assert_same(load_model("tiny", settings_for(path, folder), CPU), folder)


def test_half_precision_is_read_as_it_stands_and_towers_without_a_prefix_too(
    folder: Path, tensors: dict[str, Tensor], tmp_path: Path
) -> None:
    halved = {
        name.replace("transformer.text_model.", "transformer."): each.half()
        for name, each in tensors.items()
    }
    path = write(tmp_path / "a.safetensors", halved)
    model = load_model("tiny", settings_for(path, folder, dtype="bfloat16"), CPU)
    found = model.unet.conv_in.weight
    assert torch.equal(found, halved[INPUT_LAYER].to(torch.bfloat16))
    halves = {"dtype": "float16", "vae_dtype": "float16"}
    model = load_model("tiny", settings_for(path, folder, **halves), CPU)
    assert_same(model, folder, "float16")


@pytest.mark.parametrize("family", ["sdxl"], indirect=True)
def test_what_is_loaded_does_not_change_with_its_file(
    family: Family, tensors: dict[str, Tensor], tmp_path: Path
) -> None:
    folder = write_tiny(tmp_path / "folder", family)
    path = write(tmp_path / "a.safetensors", tensors)
    configs = settings_for(path, folder), ModelConfig(path=folder)
    loaded = [weights_of(load_model("tiny", config, CPU)) for config in configs]
    before = [{name: each.clone() for name, each in weights.items()} for weights in loaded]
    for file in [path, *folder.rglob("*.safetensors")]:
        with file.open("r+b") as content:
            content.write(bytes(file.stat().st_size))
    for weights, kept in zip(loaded, before, strict=True):
        assert all(torch.equal(each, kept[name]) for name, each in weights.items())


def test_an_inpainting_checkpoint_has_nine_channels_in_every_layout(
    family: Family, tmp_path: Path
) -> None:
    folder = write_tiny(tmp_path / "inpainting", family, in_channels=9)
    path = write(tmp_path / "a.safetensors", tensors_of(folder, family))
    model = load_model("tiny", settings_for(path, folder, prediction="epsilon"), CPU)
    assert model.in_channels == 9
    assert_same(model, folder)


@pytest.mark.parametrize("family", ["sd1"], indirect=True)
@pytest.mark.parametrize(
    "layout", ["bare.pt", "prefixed.safetensors", "diffusers.safetensors", "folder"]
)
def test_a_vae_of_its_own_takes_the_place_of_the_checkpoints(
    folder: Path, tensors: dict[str, Tensor], layout: str, tmp_path: Path
) -> None:
    without = {name: each for name, each in tensors.items() if not name.startswith(VAE)}
    path = write(tmp_path / "without.safetensors", without)
    with pytest.raises(ConfigError, match=r"holds no VAE: name one, vae ="):
        settings_for(path, folder).located("tiny", tmp_path)
    tensors_of_vae = vae_tensors_of(folder)
    vae = tmp_path / layout
    if layout == "folder":
        vae = folder / "vae"
    elif layout.startswith("bare"):
        write(vae, tensors_of_vae, epoch=1)
    elif layout.startswith("prefixed"):
        write(vae, {VAE + name: each for name, each in tensors_of_vae.items()})
    else:
        write(vae, AutoencoderKL.from_pretrained(folder / "vae").state_dict())
    config = settings_for(path, folder, vae=vae).located("tiny", tmp_path)
    model = load_model("tiny", config, CPU)
    assert_same(model, folder)
    assert model.vae_file is not None
    assert model.vae_file.name == vae.name


@pytest.mark.parametrize("family", NUM_TENSORS)
def test_the_published_files_names_and_shapes_are_recognised(family: Family) -> None:
    weights = stripped(family)
    assert len(weights) == NUM_TENSORS[family]
    assert family_of(PATH, weights) == family
    file = SingleFile(PATH, weights, family, CONFIGS / family, NOWHERE)
    modules = [file.unet(), file.vae(), *file.text_encoders()]
    assert {weight.device.type for each in modules for weight in each.parameters()} == {"meta"}


def test_a_published_inpainting_files_first_layer_says_what_it_is() -> None:
    weights = stripped("sd1")
    weights[INPUT_LAYER] = torch.empty(320, 9, 3, 3, device="meta")
    assert SingleFile(PATH, weights, "sd1", CONFIGS / "sd1", NOWHERE).unet().config.in_channels == 9
    weights[INPUT_LAYER] = torch.empty(320, 8, 3, 3, device="meta")
    with pytest.raises(ModelUnavailable, match="8 input channels, for another task"):
        SingleFile(PATH, weights, "sd1", CONFIGS / "sd1", NOWHERE).unet()
