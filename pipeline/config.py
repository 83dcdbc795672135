"""The `[pipeline]` part of `config.toml`: read once, frozen, handed down in parts.

A misspelt setting is an error that names it.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from pipeline.config_part import ConfigPart
from pipeline.errors import ConfigError, InvalidRequest, UnknownModel, UnknownUpscaler
from pipeline.learned_models import with_learned_models
from pipeline.model_config import ModelConfig
from pipeline.requests import GenerationRequest
from pipeline.training_request import TrainingRequest
from pipeline.upscalers import UPSCALERS, find_upscaler

UPSCALER_ENDINGS = (".safetensors", ".pth", ".pt")


class PipelineConfig(ConfigPart):
    """Devices, models and the rules of their use."""

    devices: Literal["auto"] | tuple[str, ...] = "auto"  # "cpu", "cuda:0", …
    models: Annotated[dict[str, ModelConfig], Field(min_length=1)]
    adapters: str = ""  # the folder of embeddings, hypernetworks and the like; empty: none
    upscalers: str = ""  # the folder of super-resolution models; empty: none
    clipseg: str = ""  # the folder of a model that finds what a text names; empty: none
    reproducible: bool = False
    max_images_in_flight: Annotated[int, Field(ge=1, le=64)] = 8  # on each device
    model_memory: Annotated[float, Field(ge=0)] = 0.0  # GB on each device; 0: 70 % of it
    model_turn: Annotated[float, Field(ge=0)] = 20.0  # seconds, where not all models fit together
    training: str = "data/training"  # the folder where each run of training keeps its own
    training_share: Annotated[float, Field(gt=0, lt=1)] = 0.5  # of a device, beside pictures
    threads: Annotated[int, Field(ge=0, le=512)] = 0  # of a CPU device; 0: all cores
    nice: Annotated[int, Field(ge=0, le=19)] = 5  # of worker processes, so that the bot answers
    step_deadline: Annotated[float, Field(gt=0)] = 120.0  # seconds
    load_deadline: Annotated[float, Field(gt=0)] = 900.0  # seconds

    @property
    def adapters_folder(self) -> Path | None:
        return Path(self.adapters) if self.adapters else None

    @property
    def training_folder(self) -> Path:
        return Path(self.training)

    @property
    def upscaler_files(self) -> dict[str, Path]:
        """The super-resolution models there are, by the names of their files without endings."""
        files = sorted(Path(self.upscalers).iterdir()) if self.upscalers else []
        return {path.stem: path for path in files if path.suffix in UPSCALER_ENDINGS}

    def check_upscaler(self, name: str) -> None:
        """Raises `UnknownUpscaler` for one that is neither built in nor in the folder."""
        if find_upscaler(name) is None and name not in self.upscaler_files:
            raise UnknownUpscaler(name, [*(it.label for it in UPSCALERS), *self.upscaler_files])

    @property
    def default_model(self) -> str:
        return next(iter(self.models))

    def model(self, name: str | None = None) -> ModelConfig:
        """The settings of a model, or of the default one. Raises `UnknownModel`."""
        if (name or self.default_model) not in self.models:
            raise UnknownModel(name or "", list(self.models))
        return self.models[name or self.default_model]

    def model_of(self, request: GenerationRequest | TrainingRequest) -> tuple[str, ModelConfig]:
        """A request's model, by a name that no other model on a device has, and its settings.

        Raises `UnknownModel`, and `InvalidRequest` for something learned of a model that is gone.
        """
        learned = request.checkpoint if isinstance(request, GenerationRequest) else None
        if learned is None:
            return request.model or self.default_model, self.model(request.model)
        base = learned.base or self.default_model
        if base not in self.models:
            raise InvalidRequest(
                f"`{learned.name}` was learned by the model `{base}`, which is not here any more."
            )
        return f"{base} as in {learned.path}", self.models[base].learned(Path(learned.path))


def read_toml(path: Path) -> dict[str, Any]:
    """Read a configuration file.

    Raises `ConfigError` where it is missing or not TOML.
    """
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"config: `{path}` cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"config: `{path}` is not valid TOML: {error}.") from error


def read_pipeline_config(table: Mapping[str, Any], folder: Path) -> PipelineConfig:
    """Check the `[pipeline]` table; relative paths in it start at `folder`.

    Raises `ConfigError` for anything that cannot be followed, missing checkpoints and folders
    included.
    """
    config = PipelineConfig.read(table, "pipeline")
    models = {name: model.located(name, folder) for name, model in config.models.items()}
    adapters = str((folder / config.adapters).resolve()) if config.adapters else ""
    if adapters and not Path(adapters).is_dir():
        raise ConfigError(
            f"config: [pipeline] adapters: there is no folder `{adapters}`; make it, with "
            'embeddings/, hypernetworks/, loras/ and aesthetic/ in it, or write "" for none.'
        )
    upscalers = str((folder / config.upscalers).resolve()) if config.upscalers else ""
    if upscalers and not Path(upscalers).is_dir():
        raise ConfigError(
            f"config: [pipeline] upscalers: there is no folder `{upscalers}`; make it, or write "
            '"" for none.'
        )
    models = with_learned_models(models, config.default_model, adapters)
    clipseg = str((folder / config.clipseg).resolve()) if config.clipseg else ""
    if clipseg and not Path(clipseg, "config.json").is_file():
        raise ConfigError(
            f"config: [pipeline] clipseg: there is no model in `{clipseg}`; name the folder of a "
            'CLIPSeg in transformers\' layout, or write "" for none.'
        )
    update = {
        "models": models,
        "adapters": adapters,
        "upscalers": upscalers,
        "clipseg": clipseg,
        "training": str((folder / config.training).resolve()),
    }
    return config.model_copy(update=update)
