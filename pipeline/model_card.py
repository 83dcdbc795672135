"""What people want to know of a model before they choose it. It is read from files, not loaded."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pipeline.checkpoint import Family, hashes_of
from pipeline.checkpoint_folder import family_of_folder, weights_file
from pipeline.errors import ModelUnavailable
from pipeline.model_config import ModelConfig


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One model, as far as a glance tells."""

    name: str
    family: Family
    native_size: int  # pixels a side


def model_card(name: str, config: ModelConfig) -> ModelCard:
    """What a model is. Raises `ModelUnavailable` where its files do not say."""
    with _readable(name, config):
        family = config.family if config.is_single_file else family_of_folder(name, config.path)
        return ModelCard(name, family, config.native_size)


def model_hash(name: str, config: ModelConfig) -> str:
    """The short hash of a model's weights, as infotext has it; the first time it takes seconds.

    Raises `ModelUnavailable` where they cannot be read.
    """
    with _readable(name, config):
        file = config.path if config.is_single_file else weights_file(config.path / "unet")
        return hashes_of(file).short


@contextmanager
def _readable(name: str, config: ModelConfig) -> Iterator[None]:
    try:
        yield
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ModelUnavailable(
            f"The model `{name}` in `{config.path}` cannot be read: a file is missing or damaged."
        ) from error
