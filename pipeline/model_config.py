"""One model's settings: where its weights are, and what they do not say of themselves."""

import json
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from pipeline import hub
from pipeline.checkpoint import (
    CONFIGS,
    PICKLES,
    SAFETENSORS,
    VAE,
    Family,
    family_of,
    has_part,
    names_in,
    old_hash,
)
from pipeline.config_part import ConfigPart
from pipeline.errors import ConfigError, ModelUnavailable

Dtype: TypeAlias = Literal["auto", "float32", "float16", "bfloat16"]


class MethodHabits(ConfigPart):
    """How one method of training suits a model best; None: as it suits Stable Diffusion."""

    num_steps: Annotated[int, Field(ge=1)] | None = None
    learning_rate: Annotated[float, Field(gt=0)] | None = None
    batch_size: Annotated[int, Field(ge=1)] | None = None


class TrainingHabits(ConfigPart):
    """How training suits a model best, by method."""

    textual_inversion: MethodHabits = MethodHabits()
    lora: MethodHabits = MethodHabits()
    hypernetwork: MethodHabits = MethodHabits()
    dreambooth: MethodHabits = MethodHabits()

    def of(self, kind: str) -> MethodHabits:
        """Those of one method; of one that has no numbers, none."""
        habits: MethodHabits = getattr(self, kind, MethodHabits())
        return habits


class ModelConfig(ConfigPart):
    """One checkpoint: a folder in diffusers' layout, a repository of that kind, or a single file.

    A single file holds no tokenizer: `tokenizer` names a folder or repository that has one.
    """

    path: Path = Path()  # a folder or a file
    hub: str = ""  # instead of a path: "owner/name"
    download: bool = False  # whether what is named on the hub may be fetched from it
    tokenizer: str = ""
    configs: Path | None = None  # a folder like ours, for single files that were pruned or widened
    vae: Path | None = None  # a file or folder, in place of the checkpoint's own
    dtype: Dtype = "auto"
    vae_dtype: Dtype = "auto"
    prediction: Literal["auto", "epsilon", "v"] = "auto"
    size: Annotated[int, Field(ge=64, le=4096, multiple_of=8)] | None = None  # None: as it was made
    guidance_scale: Annotated[float, Field(ge=1, le=30)] = 7.0  # where nobody asks for another
    vae_tile: Annotated[int, Field(ge=256, le=8192)] = 1024  # pixels; larger pictures go in tiles
    aesthetic_clip: Path | None = None  # a whole CLIP's folder; None: the checkpoint's `clip`
    training: TrainingHabits = TrainingHabits()

    @model_validator(mode="after")
    def _names_one_place(self) -> Self:
        if bool(self.hub) == ("path" in self.model_fields_set):
            raise ValueError("A model needs a path, or else a name on the hub.")
        return self

    @property
    def is_single_file(self) -> bool:
        return self.path.suffix.lower() in {SAFETENSORS, *PICKLES} and not self.path.is_dir()

    @property
    def clip_folder(self) -> Path | None:
        """Where the CLIP of aesthetic embeddings is, if there is one for this model."""
        own = self.path / "clip"
        return self.aesthetic_clip or (own if own.is_dir() else None)

    def learned(self, path: Path) -> Self:
        """The settings of a folder, or of a single file, that training made of this model."""
        kept = {"path": path, "aesthetic_clip": self.clip_folder}
        own = {"hub": "", "download": False, "tokenizer": "", "configs": None, "vae": None}
        learned = self.model_copy(update=kept | own | {"prediction": "auto"})
        if not learned.is_single_file:
            return learned
        # What a file does not hold is this model's.
        tokenizer = self.tokenizer or str(self.path / "tokenizer")
        configs = self.configs if self.is_single_file else self.path
        return learned.model_copy(update={"tokenizer": tokenizer, "configs": configs})

    @cached_property
    def family(self) -> Family:
        """The family of a single file. Raises `ModelUnavailable` where it is of none."""
        return family_of(self.path, names_in(self.path))

    @property
    def old_hash(self) -> str | None:
        """What infotexts of 2022 call a single file; None where it cannot be read now."""
        try:
            return old_hash(self.path) if self.is_single_file else None
        except OSError:
            return None

    @cached_property
    def native_size(self) -> int:
        """The side in pixels that the model was trained on.

        Raises `ConfigError` where the folder is not a checkpoint.
        """
        if self.size:
            return self.size
        folder = self.path
        if self.is_single_file:
            folder = self.configs or CONFIGS / self.family
            if (folder, self.prediction) == (CONFIGS / "sd2", "epsilon"):
                return 512  # only those that predict v were taught larger pictures
        try:
            unet = json.loads((folder / "unet" / "config.json").read_text("utf-8"))
            vae = json.loads((folder / "vae" / "config.json").read_text("utf-8"))
            return int(unet["sample_size"]) * 2 ** (len(vae["block_out_channels"]) - 1)
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise ConfigError(
                f"config: `{folder}` is not a Stable Diffusion folder (it needs "
                "model_index.json, unet/, vae/, text_encoder/, tokenizer/ and scheduler/)."
            ) from error

    def located(self, name: str, folder: Path) -> Self:
        """The same with relative paths that start at `folder`, and what is there looked at.

        Headers alone are read. Raises `ConfigError` for anything that is missing or unfit.
        """
        try:
            found = self.model_copy(update=self._places(folder))
            assert found.native_size
            found._look()
        except ModelUnavailable as error:
            raise ConfigError(f"config: [pipeline.models.{name}] {error.message}") from error
        return found

    def _places(self, folder: Path) -> dict[str, Any]:
        """Where everything is that is named."""
        places: dict[str, Any] = {
            part: (folder / path).resolve()
            for part in ("configs", "vae", "aesthetic_clip")
            if (path := getattr(self, part))
        }
        places["path"] = (folder / self.path).resolve()
        if self.hub:
            places["path"] = hub.snapshot(self.hub, hub.SETTINGS, self.download)
        if self.tokenizer:
            here = (folder / self.tokenizer).resolve()
            if not here.is_dir():
                here = hub.snapshot(self.tokenizer, hub.TOKENIZER, self.download)
            places["tokenizer"] = str(here if has_vocabulary(here) else here / "tokenizer")
        return places

    def _look(self) -> None:
        """Raise `ModelUnavailable` for what would fail later, as far as a glance can tell."""
        if self.tokenizer and not has_vocabulary(Path(self.tokenizer)):
            raise ModelUnavailable(f"tokenizer: `{self.tokenizer}` has no vocab.json in it.")
        for part in ("configs", "aesthetic_clip"):
            path = getattr(self, part)
            if path and not path.is_dir():
                raise ModelUnavailable(f"{part}: there is no folder `{path}`.")
        if self.vae and not self.vae.is_dir():
            names_in(self.vae)
        if not self.is_single_file:
            return
        if not self.tokenizer:
            raise ModelUnavailable(
                f"`{self.path}` is a single file, which holds no tokenizer: name a folder or a "
                'repository that has one, tokenizer = "…".'
            )
        if not self.vae and not has_part(names_in(self.path), VAE):
            raise ModelUnavailable(f'`{self.path}` holds no VAE: name one, vae = "…".')


def has_vocabulary(folder: Path) -> bool:
    """Whether a folder holds a tokenizer."""
    return (folder / "vocab.json").is_file() or (folder / "tokenizer.json").is_file()
