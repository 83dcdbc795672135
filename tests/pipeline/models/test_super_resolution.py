"""Super-resolution models that people bring: found, read by spandrel, refused in a sentence."""

import sys
from collections.abc import Iterator
from importlib import import_module
from io import BytesIO
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from pipeline.config import PipelineConfig
from pipeline.engine.engine import Engine
from pipeline.errors import UnknownUpscaler, UpscalerUnavailable
from pipeline.models.super_resolution import SuperResolution
from pipeline.results import GeneratedImage
from tests.conftest import WEIGHTS
from tests.pipeline.engine.conftest import request_of, run
from tests.pipeline.pictures import encoded

pytestmark = pytest.mark.slow  # by what it needs: an extra that the first tests do without
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def spandrel() -> Iterator[ModuleType]:
    """The library itself. Two of its architectures, none of which enlarges, import torchvision,
    whose published wheels cannot be loaded beside PyTorch's CPU build: it gets empty names then.
    """
    pytest.importorskip("einops")
    with pytest.MonkeyPatch.context() as patch:
        try:
            import_module("torchvision")
        except (ImportError, RuntimeError):
            for name in ("torchvision", "torchvision.transforms"):
                patch.setitem(sys.modules, name, ModuleType(name))
            functional = ModuleType("torchvision.transforms.functional")
            for name in ("InterpolationMode", "rotate", "normalize"):
                setattr(functional, name, None)
            patch.setitem(sys.modules, functional.__name__, functional)
        yield pytest.importorskip("spandrel")


@pytest.fixture(scope="module")
def folder(spandrel: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model with random weights that makes pictures twice as large, and what is none."""
    torch.manual_seed(0)
    compact = import_module("spandrel.architectures.Compact.__arch.SRVGG")
    network = compact.SRVGGNetCompact(num_feat=8, num_conv=2, upscale=2)
    folder = tmp_path_factory.mktemp("upscalers")
    save_file(network.state_dict(), folder / "2x_tiny.safetensors")
    torch.save({"params": network.state_dict()}, folder / "2x_old.pth")
    (folder / "half.safetensors").write_bytes((folder / "2x_tiny.safetensors").read_bytes()[:999])
    save_file({"weight": torch.zeros(3)}, folder / "other.safetensors")
    (folder / "notes.txt").write_text("not a model")
    return folder


@pytest.fixture(scope="module")
def config(folder: Path) -> PipelineConfig:
    table = {"models": {"demo": {"path": WEIGHTS}}, "upscalers": str(folder)}
    return PipelineConfig.read(table, "pipeline")


@pytest.fixture(scope="module")
def models(config: PipelineConfig) -> SuperResolution:
    return SuperResolution(config.upscaler_files, CPU)


def noise(width: int, height: int) -> Image.Image:
    return Image.effect_noise((width, height), 60).convert("RGB")


@pytest.mark.parametrize("name", ["2x_tiny", "2x_old"])
def test_a_model_makes_a_picture_larger_until_it_is_large_enough(
    models: SuperResolution, name: str
) -> None:
    with torch.no_grad():
        assert models.enlarge(name, noise(32, 24), (64, 48)).size == (64, 48)
        assert models.enlarge(name, noise(32, 24), (96, 72)).size == (128, 96)
        assert models.enlarge(name, noise(32, 24), (32, 24)).size == (32, 24)


def test_a_large_picture_is_made_in_tiles_without_seams(models: SuperResolution) -> None:
    picture = noise(400, 40)
    with torch.no_grad():
        tiled = np.asarray(models.enlarge("2x_tiny", picture, (800, 80)), dtype=int)
        model = models._model("2x_tiny")
        pixels = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() / 255
        whole = (model(pixels)[0].clamp(0, 1) * 255).round().permute(1, 2, 0).numpy().astype(int)
    assert np.abs(tiled - whole).max() <= 1


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("half", UpscalerUnavailable),
        ("other", UpscalerUnavailable),
        ("notes", UnknownUpscaler),
        ("nobody", UnknownUpscaler),
    ],
)
def test_what_is_no_model_is_refused_in_a_sentence(
    models: SuperResolution, name: str, error: type[Exception]
) -> None:
    with pytest.raises(error, match=name):
        models.enlarge(name, noise(8, 8), (16, 16))


def test_a_file_that_runs_code_is_refused_and_does_not_run(folder: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"

    class Malice:
        def __reduce__(self) -> tuple[object, tuple[str, ...]]:
            return Path.touch, (str(ran),)

    torch.save({"params": Malice()}, folder / "malice.pth")
    models = SuperResolution({"malice": folder / "malice.pth"}, CPU)
    with pytest.raises(UpscalerUnavailable, match="malice"):
        models.enlarge("malice", noise(8, 8), (16, 16))
    assert not ran.exists()


def test_a_second_pass_may_begin_from_a_models_picture(config: PipelineConfig) -> None:
    engine = Engine(config, "cpu")
    engine.submit(request_of(hires_scale=2.0, hires_steps=2, hires_upscaler="2x_tiny"))
    [image] = [event for event in run(engine) if isinstance(event, GeneratedImage)]
    assert Image.open(BytesIO(image.png)).size == (128, 128)
    assert "Hires upscaler: 2x_tiny" in image.infotext


def test_an_input_picture_is_made_larger_by_a_model_and_its_infotext_says_so(
    config: PipelineConfig,
) -> None:
    engine = Engine(config, "cpu")
    small = encoded(noise(32, 32))
    for upscaler in ("2x_tiny", "Lanczos"):
        engine.submit(request_of(id=upscaler, init_image=small, strength=0.1, upscaler=upscaler))
    made = {it.request_id: it for it in run(engine) if isinstance(it, GeneratedImage)}
    assert "Upscaler for img2img: 2x_tiny" in made["2x_tiny"].infotext
    assert "Upscaler" not in made["Lanczos"].infotext
    pixels = [np.array(Image.open(BytesIO(it.png))) for it in made.values()]
    assert pixels[0].shape == pixels[1].shape
    assert (pixels[0] != pixels[1]).any()
