"""The models loaded on one device."""

import gc
import logging
from collections import OrderedDict
from collections.abc import Collection, Mapping

import torch

from pipeline.adapters.shelf import Shelf
from pipeline.config import ModelConfig
from pipeline.errors import ModelUnavailable, OutOfMemory, UnknownModel
from pipeline.models.loading import load_model
from pipeline.prompts.encoder import PromptEncoder

logger = logging.getLogger(__name__)


class ModelCache:
    """Loads models when they are asked for, and drops the least recently used when memory ends."""

    def __init__(
        self, configs: Mapping[str, ModelConfig], device: torch.device, shelf: Shelf
    ) -> None:
        self.configs = configs
        self.device = device
        self.shelf = shelf
        self._loaded: OrderedDict[str, PromptEncoder] = OrderedDict()

    def __contains__(self, name: str) -> bool:
        return name in self._loaded

    def get(self, name: str, in_use: Collection[str] = ()) -> PromptEncoder:
        """The model called `name`, with its text encoder.

        Models in `in_use` are never dropped. Raises `UnknownModel`, `ModelUnavailable`, or
        `OutOfMemory` where it does not fit even when every idle model is dropped.
        """
        if name not in self.configs:
            raise UnknownModel(name, list(self.configs))
        while name not in self._loaded:
            try:
                self._loaded[name] = self._load(name)
            except torch.OutOfMemoryError as error:
                if not self._drop_one(in_use):
                    raise OutOfMemory(
                        f"The model `{name}` does not fit into the memory of {self.device}."
                    ) from error
        self._loaded.move_to_end(name)
        return self._loaded[name]

    def _load(self, name: str) -> PromptEncoder:
        logger.info("loading model %s on %s", name, self.device)
        try:
            config = self.configs[name]
            model = load_model(name, config, self.device)
            return PromptEncoder(model, self.shelf, clip_folder=config.clip_folder)
        except ModelUnavailable:
            logger.exception("model %s cannot be loaded", name)
            raise

    def _drop_one(self, in_use: Collection[str]) -> bool:
        idle = [name for name in self._loaded if name not in in_use]
        if not idle:
            return False
        logger.info("dropping model %s to make room", idle[0])
        del self._loaded[idle[0]]
        gc.collect()
        torch.cuda.empty_cache()
        return True
