"""Making an aesthetic embedding from pictures."""

from pathlib import Path

import pytest
import torch
from PIL import Image
from transformers import CLIPModel
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

from pipeline.adapters.aesthetic import read_aesthetic
from pipeline.errors import InvalidRequest
from pipeline.model_config import ModelConfig
from pipeline.pictures import open_picture
from pipeline.results import Artifact, TrainingProgress
from pipeline.training.train import train
from pipeline.training_methods import AestheticEmbeddingSettings
from pipeline.training_request import TrainingPicture
from tests.conftest import WEIGHTS
from tests.pipeline.pictures import encoded
from tests.pipeline.training.conftest import RequestOf, Run


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_it_is_the_mean_of_what_clip_sees_in_the_pictures(
    request_of: RequestOf, run: Run, tmp_path: Path, suffix: str
) -> None:
    request = request_of(method={"kind": "aesthetic", "suffix": suffix})
    *progress, artifact = run(request, tmp_path)
    assert isinstance(artifact, Artifact)
    assert (artifact.folder, artifact.path.name) == ("aesthetic", f"grau{suffix}")
    assert [each.fraction for each in progress if isinstance(each, TrainingProgress)] == [1]

    clip = CLIPModel.from_pretrained(WEIGHTS / "clip").float()
    pictures = [open_picture(picture.content) for picture in request.pictures]
    processor = CLIPImageProcessorPil.from_pretrained(WEIGHTS / "clip")
    with torch.no_grad():
        pixels = processor(images=pictures, return_tensors="pt")["pixel_values"]
        features = clip.get_image_features(pixels).pooler_output
    expected = features.mean(dim=0, keepdim=True)
    torch.testing.assert_close(read_aesthetic(artifact.path).vector, expected)


def test_pictures_of_any_proportions_are_looked_at(
    request_of: RequestOf, run: Run, tmp_path: Path
) -> None:
    strip = encoded(Image.new("RGB", (32, 5000), "red"))
    request = request_of(
        method=AestheticEmbeddingSettings(), pictures=(TrainingPicture(content=strip),)
    )
    *_, artifact = run(request, tmp_path)
    assert isinstance(artifact, Artifact)
    assert read_aesthetic(artifact.path).width == 64


def test_nothing_is_told_of_how_its_clip_is_loaded(
    request_of: RequestOf, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    list(run(request_of(method=AestheticEmbeddingSettings()), tmp_path))
    assert capsys.readouterr() == ("", "")


def test_without_a_clip_it_says_what_to_name(request_of: RequestOf, tmp_path: Path) -> None:
    config = ModelConfig(path=tmp_path / "checkpoint")
    request = request_of(method=AestheticEmbeddingSettings())
    with pytest.raises(InvalidRequest, match=r"name a CLIP as its `aesthetic_clip`"):
        list(train(request, "demo", config, torch.device("cpu"), tmp_path))
