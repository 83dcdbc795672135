"""Files that are no checkpoint: each is refused in a sentence, at the start and later too."""

import os
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch
from torch import Tensor

from pipeline.checkpoint import VAE
from pipeline.errors import ConfigError, ModelUnavailable
from pipeline.model_config import ModelConfig
from pipeline.models.loading import load_model
from tests.pipeline.models.single_files import settings_for, tensors_of, write
from tests.pipeline.models.tiny import write_tiny

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny(tmp_path_factory.mktemp("tiny") / "sd1", "sd1")


@pytest.fixture(scope="module")
def tensors(folder: Path) -> dict[str, Tensor]:
    return tensors_of(folder, "sd1")


def refusals(config: ModelConfig) -> tuple[str, str]:
    """What is said when the program starts, and when the model is asked for."""
    with pytest.raises(ConfigError) as at_start:
        config.located("tiny", Path("/"))
    with pytest.raises(ModelUnavailable) as at_load:
        load_model("tiny", config, CPU)
    return at_start.value.message, at_load.value.message


@pytest.mark.parametrize("name", ["a.safetensors", "a.ckpt", "old.ckpt"])
def test_half_a_download_is_called_that(
    folder: Path, tensors: dict[str, Tensor], name: str, tmp_path: Path
) -> None:
    path = write(tmp_path / name, tensors, old=name.startswith("old"))
    content = path.read_bytes()
    for part in (0, 4, 1000, len(content) // 2):
        path.write_bytes(content[:part])
        with pytest.raises(ModelUnavailable, match=r"download it again|not whole|is damaged"):
            load_model("tiny", settings_for(path, folder), CPU)
        if part < 1000 or not name.startswith("old"):  # the old format does not say how long it is
            with pytest.raises(ConfigError, match="download it again"):
                settings_for(path, folder).located("tiny", tmp_path)


@pytest.mark.parametrize("name", ["a.safetensors", "a.ckpt"])
@pytest.mark.parametrize(
    "content",
    [b"<!DOCTYPE html><html>Sign in</html>", Random(0).randbytes(5000), b"PK\x03\x04 and more"],
)
def test_what_is_no_checkpoint_at_all_is_refused(
    folder: Path, name: str, content: bytes, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    for sentence in refusals(settings_for(tmp_path / name, folder)):
        assert "download it again" in sentence


@pytest.mark.parametrize(("name", "lies"), [("a.ckpt", "b.safetensors"), ("a.safetensors", "b.pt")])
def test_a_renamed_file_is_read_as_what_it_is(
    folder: Path, tensors: dict[str, Tensor], name: str, lies: str, tmp_path: Path
) -> None:
    path = write(tmp_path / name, tensors).rename(tmp_path / lies)
    config = settings_for(path, folder).located("tiny", tmp_path)
    assert load_model("tiny", config, CPU).family == "sd1"


class Bomb:
    """Leaves a mark when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"touch {self.mark}",)


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("suffix", ["ckpt", "pt"])
def test_a_pickle_that_runs_code_is_refused_and_not_run(
    folder: Path, tensors: dict[str, Tensor], suffix: str, old: bool, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    path = write(tmp_path / f"a.{suffix}", tensors, old=old, callbacks=Bomb(mark))
    config = settings_for(path, folder).located("tiny", tmp_path)
    with pytest.raises(ModelUnavailable, match="could be a program; none of it was run"):
        load_model("tiny", config, CPU)
    assert not mark.exists()
    torch.load(path, weights_only=False)
    assert mark.exists()  # it is a bomb indeed


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (["lora_unet_down_blocks_0_attentions_0_proj_in.lora_down.weight"], "a LoRA"),
        (["double_blocks.0.img_attn.qkv.weight"], "Flux"),
        (["model.diffusion_model.joint_blocks.0.x_block.attn.qkv.weight"], "Stable Diffusion 3"),
        (
            ["model.diffusion_model.out.0.bias", "conditioner.embedders.0.model.ln_final.bias"],
            "the refiner of Stable Diffusion XL",
        ),
        (["decoder.conv_in.weight", "encoder.conv_in.weight"], "a VAE"),
        (["model.diffusion_model.out.0.bias"], "a UNet without its text encoder"),
        (["weight"], "nothing known here"),
    ],
)
def test_a_file_of_another_kind_is_called_by_its_name(
    folder: Path, names: list[str], kind: str, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.safetensors", dict.fromkeys(names, torch.zeros(1)))
    for sentence in refusals(settings_for(path, folder, configs=None)):
        assert f"`{path}` is {kind}; a checkpoint of Stable Diffusion 1, 2 or XL" in sentence


def test_a_checkpoint_of_another_size_is_told_what_is_missing(
    folder: Path, tensors: dict[str, Tensor], tmp_path: Path
) -> None:
    path = write(tmp_path / "a.safetensors", tensors)
    with pytest.raises(ModelUnavailable, match=r"lacks .* of the 686 weights of its UNet2D"):
        load_model("tiny", settings_for(path, folder, configs=None), CPU)
    wide = dict(tensors)
    wide[f"{VAE}decoder.conv_in.weight"] = torch.zeros(16, 4, 3, 3)
    path = write(tmp_path / "wide.safetensors", wide)
    with pytest.raises(ModelUnavailable, match="its AutoencoderKL has another size"):
        load_model("tiny", settings_for(path, folder), CPU)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"tokenizer": ""}, "is a single file, which holds no tokenizer: name a folder or"),
        ({"tokenizer": "no/where"}, "`no/where` is not in this machine's cache of the hub; set"),
        ({"tokenizer": "a b"}, "`a b` is neither a folder here nor a name on the hub"),
        ({"tokenizer": "/tmp"}, "tokenizer: `/tmp/tokenizer` has no vocab.json"),
        ({"configs": "/nowhere"}, "is not a Stable Diffusion folder"),
        ({"vae": "/nowhere.pt"}, "`/nowhere.pt` cannot be read: No such file"),
    ],
)
def test_what_a_single_file_needs_besides_is_said_at_the_start(
    folder: Path,
    tensors: dict[str, Tensor],
    values: dict[str, Any],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = write(tmp_path / "a.safetensors", tensors)
    values = {"tokenizer": str(folder / "tokenizer"), "configs": str(folder)} | values
    with pytest.raises(ConfigError, match=sentence):
        ModelConfig.read({"path": str(path), **values}, "m").located("tiny", tmp_path)
