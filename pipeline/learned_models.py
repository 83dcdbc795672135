"""Checkpoints that training left in the folder of adapters, and what each was taught from."""

import logging
from collections.abc import Mapping
from pathlib import Path

from pipeline.model_config import ModelConfig

logger = logging.getLogger(__name__)

LEARNED_MODELS = "models"  # the folder of them in the folder of adapters
BASE = "taught_from.txt"  # in a checkpoint's folder: the name of a model in config


def learned_models(adapters: str) -> dict[str, Path]:
    """Their folders by name, in that order."""
    indices = Path(adapters, LEARNED_MODELS).glob("[!.]*/model_index.json") if adapters else []
    folders = sorted(path.parent for path in indices)
    return {path.name: path for path in folders if not path.name.endswith(".previous")}


def with_learned_models(
    models: Mapping[str, ModelConfig], default: str, adapters: str
) -> dict[str, ModelConfig]:
    """Models, and those that were taught, each with the settings of the one it was taught from.

    Where that is not said, or not here any more, it has the default one's.
    """
    folders = learned_models(adapters)
    found = dict(models)
    for name, folder in folders.items():
        if name in models:
            continue
        base = base_of(folder) or default
        if base not in models and base not in folders:
            logger.warning(
                "the model `%s` was taught from `%s`, which is not here any more: it is used with "
                "the settings of `%s`",
                *(name, base, default),
            )
        found[name] = models[base if base in models else default].learned(folder)
    return found


def base_of(folder: Path) -> str | None:
    """The model in config that a checkpoint comes from; None where it does not say."""
    try:
        return (folder / BASE).read_text("utf-8").strip()
    except FileNotFoundError:
        return None


def write_base(folder: Path, base: str, adapters: Path) -> None:
    """Say in a checkpoint's folder what it comes from: `base`, or what that itself comes from."""
    root = base_of(adapters / LEARNED_MODELS / base) or base
    (folder / BASE).write_text(root, "utf-8")
