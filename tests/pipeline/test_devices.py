from importlib import metadata
from pathlib import Path

import pytest

from pipeline.devices import find_devices


@pytest.fixture
def gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the driver shows of a machine with three GPUs, under a torch that can use them."""
    for bus in ("0000:01:00.0", "0000:02:00.0", "0000:03:00.0"):
        (tmp_path / bus).mkdir()
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(metadata, "version", lambda name: "2.13.0")
    return tmp_path


def test_every_gpu_of_the_machine_is_a_device(gpus: Path) -> None:
    assert find_devices(gpus) == ("cuda:0", "cuda:1", "cuda:2")


@pytest.mark.parametrize(
    ("visible", "devices"),
    [
        ("2,1", ("cuda:0", "cuda:1")),
        ("GPU-4e2b", ("cuda:0",)),
        ("0,-1,1", ("cuda:0",)),
        ("", ("cpu",)),
        ("0,1,2,3,4", ("cuda:0", "cuda:1", "cuda:2")),
    ],
)
def test_only_the_gpus_that_cuda_may_see_are_devices(
    gpus: Path, visible: str, devices: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert find_devices(gpus) == devices


def test_a_torch_without_cuda_uses_the_cpu(gpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", lambda name: "2.13.0+cpu")
    assert find_devices(gpus) == ("cpu",)


def test_a_machine_without_a_gpu_is_its_cpu(gpus: Path) -> None:
    assert find_devices(gpus / "nowhere") == ("cpu",)
