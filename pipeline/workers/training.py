"""A run of training together with the engine that makes the pictures it asks for.

The two do not know each other: pictures to learn from are made by the model as it is, and sample
pictures by the model with what was learned so far, found by its name like anybody's.
"""

import os
import shutil
from collections.abc import Generator, Sequence
from pathlib import Path

import torch

from pipeline.config import LEARNED_MODELS, PipelineConfig
from pipeline.engine.engine import Engine
from pipeline.results import Artifact, Failed, GeneratedImage, PicturesWanted, TrainingEvent
from pipeline.training.train import train
from pipeline.training_request import TrainingRequest

ADAPTERS = "adapters"  # in a run's folder: what its sample pictures are made with


def run_training(
    config: PipelineConfig, request: TrainingRequest, device: str, folder: Path
) -> Generator[TrainingEvent | GeneratedImage, None, None]:
    """Everything that a run says, and the sample pictures; closing it leaves a snapshot.

    Raises what `train` raises, and what went wrong with a picture.
    """
    name = request.model or config.default_model
    training = train(request, name, config.model(name), torch.device(device), folder)
    own = config.model_copy(update={"adapters": str(folder / ADAPTERS)})
    answer: Sequence[bytes] | None = None
    try:
        while True:
            event = training.send(answer)
            answer = None
            yield event
            if isinstance(event, Artifact):
                install(event, request.name, folder / ADAPTERS)
                own = with_learned(own, name, event)
            elif isinstance(event, PicturesWanted):
                made = make_pictures(own if event.is_sample else config, event, device)
                answer = [each.png for each in made]
                if event.is_sample:
                    yield from made
    except StopIteration:
        return
    finally:
        training.close()


def make_pictures(
    config: PipelineConfig, wanted: PicturesWanted, device: str
) -> list[GeneratedImage]:
    """The pictures of all requests, in their order and that of their seeds."""
    engine = Engine(config, device)
    for request in wanted.requests:
        engine.submit(request)
    made: list[GeneratedImage] = []
    while not engine.idle:
        for event in engine.step():
            if isinstance(event, Failed):
                raise event.error
            if isinstance(event, GeneratedImage):
                made.append(event)
    order = {request.id: place for place, request in enumerate(wanted.requests)}
    return sorted(made, key=lambda each: (order[each.request_id], each.index))


def install(artifact: Artifact, name: str, adapters: Path) -> Path:
    """Lay a file into a folder of adapters, where prompts find it by its name at once.

    What was there under the same name is kept beside it, its name ending in `.previous`.
    """
    target = adapters / artifact.folder / f"{name}{suffix_of(artifact.path)}"
    target.parent.mkdir(parents=True, exist_ok=True)
    part, before = target.with_name(f".{target.name}.part"), f"{target.name}.previous"
    for left in (part, target.with_name(before)):
        remove(left)
    if artifact.path.is_dir():
        shutil.copytree(artifact.path, part)
    else:
        shutil.copyfile(artifact.path, part)
    if target.exists():
        os.replace(target, target.with_name(before))
    os.replace(part, target)
    return target


def suffix_of(path: Path) -> str:
    """A file's ending; a folder has none, whatever dots are in its name."""
    return "" if path.is_dir() else path.suffix


def remove(path: Path) -> None:
    """Take a file or folder away, if it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def with_learned(config: PipelineConfig, name: str, artifact: Artifact) -> PipelineConfig:
    """The same where what was learned is a model itself, in place of the one it comes from."""
    if artifact.folder != LEARNED_MODELS:
        return config
    learned = config.models[name].learned(artifact.path)
    return config.model_copy(update={"models": {**config.models, name: learned}})
