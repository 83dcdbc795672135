"""Making an aesthetic embedding: no steps, only pictures that CLIP looks at (spec: webui §7)."""

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import torch
from PIL import Image

from pipeline.adapters.aesthetic import aesthetic_bytes
from pipeline.errors import InvalidRequest
from pipeline.model_config import ModelConfig
from pipeline.models.clip import picture_features
from pipeline.results import Artifact, TrainingEvent, TrainingProgress
from pipeline.training.dataset import open_for_training
from pipeline.training_methods import AestheticEmbeddingSettings
from pipeline.training_request import TrainingRequest


def make_aesthetic(
    request: TrainingRequest, name: str, config: ModelConfig, device: torch.device, folder: Path
) -> Generator[TrainingEvent, None, None]:
    """Write the mean of the pictures' features, not normalised, into a run's folder.

    Raises `InvalidRequest` where the model has no CLIP beside it or a picture is damaged, and
    `ModelUnavailable` where that CLIP cannot be loaded.
    """
    settings = request.method
    assert isinstance(settings, AestheticEmbeddingSettings)
    if config.clip_folder is None:
        raise InvalidRequest(
            f"No aesthetic embedding can be made for the model `{name}`: name a CLIP as its "
            "`aesthetic_clip` in config.toml."
        )
    total, num_done = torch.zeros(1), 0
    for features in picture_features(config.clip_folder, opened(request), device):
        total, num_done = total + features.sum(dim=0, keepdim=True), num_done + len(features)
        yield TrainingProgress(request.id, num_done, len(request.learned_pictures), 0.0, 0.0)
    path = folder / f"{request.name}{settings.suffix}"
    part = path.with_suffix(".part")
    part.write_bytes(aesthetic_bytes(total / num_done, settings.suffix))
    os.replace(part, path)
    yield Artifact(request.id, settings.folder, path, num_steps=0, is_final=True)


def opened(request: TrainingRequest) -> Iterator[Image.Image]:
    """The pictures, each when it is looked at."""
    return (open_for_training(picture) for picture in request.learned_pictures)
