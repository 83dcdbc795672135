"""The models loaded on one device, within the memory that they may take."""

import gc
import logging
from collections import OrderedDict
from collections.abc import Collection, Mapping

import torch

from pipeline.adapters.shelf import Shelf
from pipeline.config import PipelineConfig
from pipeline.errors import AdapterUnreadable, ModelUnavailable, OutOfMemory, UnknownModel
from pipeline.model_config import ModelConfig
from pipeline.models.loading import load_model
from pipeline.models.parts import place
from pipeline.models.weight import (
    Version,
    bytes_of_model,
    bytes_on_disk,
    room_for_models,
    version_on_disk,
)
from pipeline.prompts.encoder import PromptEncoder
from pipeline.requests import GenerationRequest

logger = logging.getLogger(__name__)


class NoRoom(Exception):
    """A model turned out not to fit beside those that must stay; later it may."""


class ModelCache:
    """Loads models when they are asked for, and drops the least recently used when memory ends."""

    def __init__(
        self,
        configs: Mapping[str, ModelConfig],
        device: torch.device,
        shelf: Shelf,
        room: float,  # bytes
    ) -> None:
        self.configs = dict(configs)
        self.device = device
        self.shelf = shelf
        self.room = room
        self.set_aside = 0.0  # bytes of the room that a training has
        self.num_loads = 0
        self._learned: dict[str, str] = {}  # of models that are not in config: key → name
        self._loaded: OrderedDict[str, PromptEncoder] = OrderedDict()
        self._versions: dict[str, Version] = {}  # of the files as they were when they were loaded
        self._sizes: dict[str, int] = {}  # bytes; before a model was loaded, as its files say

    def __contains__(self, name: str) -> bool:
        return name in self._loaded

    @property
    def loaded(self) -> Collection[str]:
        """Names, the least recently used first."""
        return self._loaded.keys()

    def key_of(self, request: GenerationRequest, settings: PipelineConfig) -> str:
        """What a request's model is called here; something learned is known until `forget`.

        Raises `UnknownModel`, `InvalidRequest`, `AdapterUnreadable` for one that is gone.
        """
        key, config = settings.model_of(request)
        if learned := request.checkpoint:
            if not config.path.exists():
                raise AdapterUnreadable(f"The checkpoint `{learned.name}` is not there any more.")
            self.configs[key], self._learned[key] = config, learned.name
        return key

    def forget(self, wanted: Collection[str]) -> None:
        """Let go of what is neither in config nor loaded nor wanted."""
        for key in self._learned.keys() - self._loaded.keys() - set(wanted):
            del self._learned[key], self.configs[key]
            self._sizes.pop(key, None)
            self._versions.pop(key, None)

    def fits(self, name: str, beside: Collection[str]) -> bool:
        """Whether a model has room beside these. Alone, any is tried."""
        names = {name, *beside}
        return names == {name} or sum(map(self._size, names)) <= self.room - self.set_aside

    def make_room(self, num_bytes: float, keep: Collection[str]) -> None:
        """Set so many bytes aside, and drop idle models that have no room beside them."""
        self.set_aside = num_bytes
        while sum(map(self._size, self._loaded)) > self.room - num_bytes and self._drop_one(keep):
            pass

    def drop_learned(self, key: str) -> None:
        """Drop a model that is not in config, for which nobody will ask again."""
        if key in self._loaded and key in self._learned:
            self._drop(key, "its pictures are made")

    def drop_idle(self, keep: Collection[str]) -> bool:
        """Drop all that is not to be kept; whether that was anything."""
        idle = [name for name in self._loaded if name not in keep]
        for name in idle:
            self._drop(name, "to make room for something else")
        return bool(idle)

    def get(self, name: str, keep: Collection[str] = ()) -> PromptEncoder:
        """The model called `name`, with its text encoder.

        Models in `keep` are never dropped; one whose files were replaced is loaded again as soon
        as it is not among those. Raises `UnknownModel`, `ModelUnavailable`, `NoRoom` where it does
        not fit beside those, or `OutOfMemory` where it does not fit alone.
        """
        if name not in self.configs:
            known = [each for each in self.configs if each not in self._learned]
            raise UnknownModel(name, known)
        is_idle = name in self._loaded and name not in keep
        if is_idle and self._version(name) != self._versions[name]:
            self._drop(name, "its files have changed")
        while name not in self._loaded:
            if not self.fits(name, self._loaded) and self._drop_one(keep):
                continue
            try:
                self._loaded[name] = self._load(name)
            except torch.OutOfMemoryError as error:
                self._learn_from(name)
                if self._drop_one(keep):
                    continue
                if self._loaded:
                    raise NoRoom from error
                raise OutOfMemory(self._too_large(name)) from error
        self._loaded.move_to_end(name)
        return self._loaded[name]

    def _too_large(self, key: str) -> str:
        """Why a model has no room although no other one is there."""
        beside = " beside the training there: try again once that has ended"
        return (
            f"The model `{self._called(key)}` does not fit into the memory of {self.device}"
            f"{beside if self.set_aside else ''}."
        )

    def _called(self, key: str) -> str:
        """What people call a model."""
        return self._learned.get(key, key)

    def _size(self, name: str) -> int:
        if name not in self._sizes:
            config = self.configs[name]
            self._sizes[name] = bytes_on_disk(config, place(config, self.device).dtype)
        return self._sizes[name]

    def _load(self, name: str) -> PromptEncoder:
        logger.info("loading model %s on %s", name, self.device)
        config, version, called = self.configs[name], self._version(name), self._called(name)
        try:
            model = load_model(called, config, self.device, name)
            if self._version(name) != version:  # its hash could be that of other weights
                raise ModelUnavailable(
                    f"The files of the model `{called}` are being replaced. Try again in a moment."
                )
        except ModelUnavailable:
            logger.exception("model %s cannot be loaded", name)
            raise
        self.num_loads += 1
        self._versions[name] = version
        self._sizes[name] = bytes_of_model(model)
        return PromptEncoder(model, self.shelf, clip_folder=config.clip_folder)

    def _learn_from(self, name: str) -> None:
        """After a failure in vain: there is less room than was thought."""
        total = sum(map(self._size, {name, *self._loaded}))
        self.room = min(self.room, total + self.set_aside - 1)

    def _drop_one(self, keep: Collection[str]) -> bool:
        idle = [name for name in self._loaded if name not in keep]
        if not idle:
            return False
        self._drop(idle[0], "to make room")
        return True

    def _drop(self, name: str, reason: str) -> None:
        logger.info("dropping model %s: %s", name, reason)
        del self._loaded[name]
        gc.collect()
        torch.cuda.empty_cache()

    def _version(self, name: str) -> Version:
        return version_on_disk(self.configs[name])


def open_models(config: PipelineConfig, device: torch.device) -> ModelCache:
    """The models of one device, none of them loaded."""
    room = room_for_models(device, config.model_memory)
    return ModelCache(config.models, device, Shelf(config.adapters_folder), room)
