"""How large what a training makes will be, told beforehand from files' headers. No torch."""

from pathlib import Path

from pipeline.checkpoint import UNET, VAE, num_weights
from pipeline.checkpoint_folder import weights_file
from pipeline.model_config import ModelConfig
from pipeline.training_methods import DreamBoothSettings, Settings

PARTS = ("unet", "vae", "text_encoder", "text_encoder_2")  # folders
PARTS_IN_FILE = (UNET, VAE, "cond_stage_model.", "conditioner.")
BYTES = {"float16": 2, "bfloat16": 2, "float32": 4}  # of one number


def learned_bytes(method: Settings, config: ModelConfig) -> int | None:
    """About how large a model comes out that is taught by a method.

    None where that cannot be told: of what was pickled, what is not fetched from the hub yet,
    and methods that make something small beside the model. Raises `ModelUnavailable` for files
    that are damaged.
    """
    if not isinstance(method, DreamBoothSettings):
        return None
    try:
        counts = _counts(config)
    except FileNotFoundError:
        return None
    num_numbers = sum(each or 0 for each in counts)
    return None if None in counts else num_numbers * BYTES[method.saved_precision]


def _counts(config: ModelConfig) -> list[int | None]:
    """How many numbers each part of a model has."""
    if config.is_single_file:
        return [num_weights(config.path, PARTS_IN_FILE)]
    folders = [config.path / part for part in PARTS if (config.path / part).is_dir()]
    return [num_weights(path) for folder in folders for path in _files(folder)]


def _files(folder: Path) -> list[Path]:
    """All that hold a part's weights."""
    first = weights_file(folder)
    return sorted(folder.glob("*-of-*")) if "-of-" in first.name else [first]
