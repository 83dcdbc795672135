"""Pictures of the class that a DreamBooth subject belongs to, so that the rest of it is kept.

Those that are missing are asked of whoever drives the run, and kept in its folder, so that they
are made once however often it stops, and anew where the class is described otherwise.
(Ruiz et al. 2022; spec: webui §8)
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
from pipeline.training_folder import read_training_picture
from pipeline.training_methods import DreamBoothSettings
from pipeline.training_request import TrainingPicture, TrainingRequest

FOLDER = "class"

Gathering = Generator[PicturesWanted, Sequence[bytes] | None, tuple[TrainingPicture, ...]]


def class_pictures(request: TrainingRequest, config: ModelConfig, folder: Path) -> Gathering:
    """The class's pictures: the request's own, those made before, and those made now.

    Each is learned with the prompt that it was made from; one of the request's own with its
    caption, or the first prompt where it has none. Where a class is many things, one prompt for
    all of them would keep none by its name.

    Raises `GenerationFailed` where the driver has none to give, and `InvalidRequest` that names a
    picture made before where it is damaged.
    """
    settings = request.method
    if not isinstance(settings, DreamBoothSettings) or not settings.class_prompts:
        return ()
    place = folder / FOLDER
    place.mkdir(exist_ok=True)
    num_made = max(settings.num_class_pictures - len(request.class_pictures), 0)
    asked = [class_request(request, settings, config, number) for number in range(num_made)]
    paths = [place / f"{number:05}-{mark_of(each)}.png" for number, each in enumerate(asked)]
    while missing := [number for number, path in enumerate(paths) if not path.exists()]:
        these = missing[:MAX_IMAGES]
        wanted = tuple(asked[number] for number in these)
        pictures = yield PicturesWanted(
            request.id, wanted, num_made=num_made - len(missing), num_total=num_made
        )
        if not pictures:
            raise GenerationFailed("The pictures of the class could not be made.")
        for number, content in zip(these, pictures, strict=False):
            keep(content, paths[number], asked[number].prompt)
    own = settings.class_prompts[0]
    return (
        *(
            each.model_copy(update={"caption": each.caption or own})
            for each in request.class_pictures
        ),
        *(made_before(path, each.prompt) for path, each in zip(paths, asked, strict=True)),
    )


def made_before(path: Path, prompt: str) -> TrainingPicture:
    """One that lies in the run's folder. Raises `InvalidRequest` that names it if it is damaged."""
    return read_training_picture(path, lambda _: prompt)


def class_request(
    request: TrainingRequest,
    settings: DreamBoothSettings,
    config: ModelConfig,
    number: int,
) -> GenerationRequest:
    """What is asked for the picture of this number."""
    # Those that are given may be the first ones of an earlier run: these are to be others.
    place = len(request.class_pictures) + number
    return GenerationRequest(
        user=request.user,
        prompt=prompt_of(settings, number),
        model=request.model,
        width=request.width,
        height=request.height,
        guidance_scale=settings.class_guidance_scale or config.guidance_scale,
        seeds=(number_for(request.seed, "class", place) % MAX_SEED,),
    )


def prompt_of(settings: DreamBoothSettings, number: int) -> str:
    """What the picture of this number shows."""
    return settings.class_prompts[number % len(settings.class_prompts)]


def mark_of(asked: GenerationRequest) -> str:
    """Twelve digits that tell a picture from those of a class that was described otherwise."""
    told = asked.prompt, asked.model, asked.width, asked.height, asked.guidance_scale, asked.seeds
    return hashlib.sha256(repr(told).encode()).hexdigest()[:12]


def keep(content: bytes, path: Path, prompt: str) -> None:
    """Put one picture away, its prompt beside it; a kill leaves it whole or not at all.

    So the folder holds pictures of the class for other runs as well.
    """
    path.with_suffix(".txt").write_text(prompt, "utf-8")
    part = path.with_suffix(".part")
    try:
        part.write_bytes(content)
    except OSError:
        part.unlink(missing_ok=True)  # half of it fills the disk no less
        raise
    os.replace(part, path)
