"""Names on the hub, with a cache on this machine and no network."""

import shutil
import socket
from pathlib import Path

import pytest
import torch

from pipeline.errors import ConfigError
from pipeline.model_config import ModelConfig
from pipeline.models.loading import load_model
from tests.pipeline.models.tiny import SIDE, write_tiny

NAME = "somebody/tiny"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and no way out of this machine."""

    def refuse(*_: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(socket.socket, "connect", refuse)
    return tmp_path


def put_in_cache(cache: Path) -> None:
    """A tiny checkpoint as the hub's own library would have fetched it."""
    folder = cache / "models--somebody--tiny"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text("0" * 40)
    shutil.move(write_tiny(cache / "made", "sd1"), folder / "snapshots" / ("0" * 40))


def test_a_repository_in_the_cache_is_a_folder_like_any_other(cache: Path) -> None:
    put_in_cache(cache)
    config = ModelConfig.read({"hub": NAME}, "m").located("tiny", cache)
    assert config.native_size == SIDE
    assert load_model("tiny", config, torch.device("cpu")).family == "sd1"


def test_what_is_not_in_the_cache_is_not_fetched_unasked(cache: Path) -> None:
    with pytest.raises(ConfigError, match="`somebody/tiny` is not in this machine's cache"):
        ModelConfig.read({"hub": NAME}, "m").located("tiny", cache)


@pytest.mark.parametrize("table", [{}, {"hub": NAME, "path": "here"}])
def test_a_model_is_in_one_place(table: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="A model needs a path, or else a name on the hub"):
        ModelConfig.read(table, "m")
