"""Pictures of the class that a DreamBooth subject belongs to, so that the rest of it is kept.

Those that are missing are asked of whoever drives the run, and kept in its folder, so that they
are made once however often it stops. (Ruiz et al. 2022; spec: webui §8)
"""

import hashlib
import os
from collections.abc import Generator, Sequence
from pathlib import Path

from pipeline.errors import GenerationFailed
from pipeline.model_config import ModelConfig
from pipeline.requests import MAX_IMAGES, MAX_SEED, GenerationRequest
from pipeline.results import PicturesWanted
from pipeline.training.randomness import number_for
from pipeline.training_methods import DreamBoothSettings
from pipeline.training_request import TrainingPicture, TrainingRequest

FOLDER = "class"

Gathering = Generator[PicturesWanted, Sequence[bytes] | None, tuple[TrainingPicture, ...]]


def class_pictures(request: TrainingRequest, config: ModelConfig, folder: Path) -> Gathering:
    """The class's pictures: the request's own, those made before, and those made now.

    Raises `GenerationFailed` where the driver has none to give.
    """
    settings = request.method
    if not isinstance(settings, DreamBoothSettings) or not settings.class_prompt:
        return ()
    made_before = sorted((folder / FOLDER).glob("*.png"))
    (folder / FOLDER).mkdir(exist_ok=True)
    number = len(made_before)
    wanted = settings.num_class_pictures - len(request.class_pictures)
    while number < wanted:
        asked = class_request(request, settings, config, range(number, wanted)[:MAX_IMAGES])
        pictures = yield PicturesWanted(request.id, (asked,))
        if not pictures:
            raise GenerationFailed("The pictures of the class could not be made.")
        for content in pictures:
            keep(content, folder / FOLDER, number)
            number += 1
    made = [path.read_bytes() for path in sorted((folder / FOLDER).glob("*.png"))[: max(wanted, 0)]]
    return (
        *(TrainingPicture(content=each.content, caption="") for each in request.class_pictures),
        *(TrainingPicture(content=content) for content in made),
    )


def class_request(
    request: TrainingRequest,
    settings: DreamBoothSettings,
    config: ModelConfig,
    numbers: Sequence[int],
) -> GenerationRequest:
    """What is asked for the pictures of these numbers."""
    return GenerationRequest(
        user=request.user,
        prompt=settings.class_prompt,
        model=request.model,
        width=request.width,
        height=request.height,
        guidance_scale=config.guidance_scale,
        seeds=tuple(number_for(request.seed, "class", each) % MAX_SEED for each in numbers),
    )


def keep(content: bytes, folder: Path, number: int) -> None:
    """Put one picture away under its number and hash; a kill leaves it whole or not at all."""
    path = folder / f"{number:05}-{hashlib.sha256(content).hexdigest()[:12]}.png"
    part = path.with_suffix(".part")
    part.write_bytes(content)
    os.replace(part, path)
