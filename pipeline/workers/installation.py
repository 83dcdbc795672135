"""Laying what was learned where prompts and the config find it."""

import os
import shutil
from pathlib import Path

from pipeline.config import PipelineConfig
from pipeline.learned_models import LEARNED_MODELS, write_base
from pipeline.results import Artifact


def install(artifact: Artifact, name: str, adapters: Path, base: str) -> Path:
    """Lay a file into a folder of adapters, where prompts find it by its name at once.

    `base` is the model that it was taught with; a checkpoint says so from then on. What was there
    under the same name is kept beside it, its name ending in `.previous`.
    """
    target = adapters / artifact.folder / f"{name}{suffix_of(artifact.path)}"
    target.parent.mkdir(parents=True, exist_ok=True)
    part, before = target.with_name(f".{target.name}.part"), f"{target.name}.previous"
    for left in (part, target.with_name(before)):
        remove(left)
    if artifact.path.is_dir():
        shutil.copytree(artifact.path, part)
        write_base(part, base, adapters)
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
