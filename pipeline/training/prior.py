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

    Each is learned with the prompt that it was made from; one of the request's own with its
    caption, or the first prompt where it has none. Where a class is many things, one prompt for
    all of them would keep none by its name.

    Raises `GenerationFailed` where the driver has none to give.
    """
    settings = request.method
    if not isinstance(settings, DreamBoothSettings) or not settings.class_prompts:
        return ()
    made_before = sorted((folder / FOLDER).glob("*.png"))
    (folder / FOLDER).mkdir(exist_ok=True)
    number = len(made_before)
    wanted = settings.num_class_pictures - len(request.class_pictures)
    while number < wanted:
        numbers = range(number, wanted)[:MAX_IMAGES]
        asked = tuple(class_request(request, settings, config, each) for each in numbers)
        pictures = yield PicturesWanted(request.id, asked)
        if not pictures:
            raise GenerationFailed("The pictures of the class could not be made.")
        for content in pictures:
            keep(content, folder / FOLDER, number)
            number += 1
    made = sorted((folder / FOLDER).glob("*.png"))[: max(wanted, 0)]
    own = settings.class_prompts[0]
    return (
        *(
            each.model_copy(update={"caption": each.caption or own})
            for each in request.class_pictures
        ),
        *(
            TrainingPicture(content=path.read_bytes(), caption=prompt_of(settings, number))
            for number, path in enumerate(made)
        ),
    )


def class_request(
    request: TrainingRequest,
    settings: DreamBoothSettings,
    config: ModelConfig,
    number: int,
) -> GenerationRequest:
    """What is asked for the picture of this number."""
    return GenerationRequest(
        user=request.user,
        prompt=prompt_of(settings, number),
        model=request.model,
        width=request.width,
        height=request.height,
        guidance_scale=settings.class_guidance_scale or config.guidance_scale,
        seeds=(number_for(request.seed, "class", number) % MAX_SEED,),
    )


def prompt_of(settings: DreamBoothSettings, number: int) -> str:
    """What the picture of this number shows."""
    return settings.class_prompts[number % len(settings.class_prompts)]


def keep(content: bytes, folder: Path, number: int) -> None:
    """Put one picture away under its number and hash; a kill leaves it whole or not at all."""
    path = folder / f"{number:05}-{hashlib.sha256(content).hexdigest()[:12]}.png"
    part = path.with_suffix(".part")
    part.write_bytes(content)
    os.replace(part, path)
