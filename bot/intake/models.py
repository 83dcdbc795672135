"""The models that are configured, as people see them."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline import (
    ModelCard,
    ModelConfig,
    ModelFit,
    PipelineError,
    known_words,
    model_card,
    model_fit,
    model_hash,
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Listed:
    """One model: what is known of it by now."""

    name: str
    card: ModelCard | None  # None: its files cannot be read
    hash: str | None  # short; None: not known yet, or never


class ModelList:
    """All models. What takes long is looked up once, one after the other, and nobody waits."""

    def __init__(self, models: Mapping[str, ModelConfig]) -> None:
        self._models = models
        self._cards: dict[str, ModelCard | None] = {}
        self._fits: dict[str, ModelFit | None] = {}
        self._hashes: dict[str, str | None] = {}
        self._words: frozenset[str] | None = None  # that any of them knows; None: not read yet
        self._turn = asyncio.Lock()
        self._hashing: asyncio.Task[None] | None = None

    async def all(self, patience: float) -> Sequence[Listed]:
        """Every model, in the order of the settings; hashes as far as they are known in time.

        `patience` is in seconds. Those that are not known by then are known later.
        """
        await self._look()
        if self._hashing is None:
            self._hashing = asyncio.create_task(self._hash_all())
        await asyncio.wait({self._hashing}, timeout=patience)
        return [Listed(it, self._cards[it], self._hashes.get(it)) for it in self._models]

    async def cards(self) -> Sequence[Listed]:
        """Every model as far as a glance tells."""
        await self._look()
        return [Listed(it, self._cards[it], None) for it in self._models]

    async def fit(self, name: str | None) -> ModelFit | None:
        """What fits a model; None where there is none of that name, or it cannot be read."""
        if name is None or name not in self._models:
            return None
        async with self._turn:
            if name not in self._fits:
                self._fits[name] = await asyncio.to_thread(_fit, name, self._models[name])
        return self._fits[name]

    async def words(self) -> frozenset[str]:
        """All words, in small letters, that some model knows as one token, as common ones are."""
        async with self._turn:
            if self._words is None:
                self._words = await asyncio.to_thread(_words, self._models)
        return self._words

    async def close(self) -> None:
        """Look nothing up any more."""
        if self._hashing:
            self._hashing.cancel()

    async def _look(self) -> None:
        async with self._turn:
            for name, config in self._models.items():
                if name not in self._cards:
                    self._cards[name] = await asyncio.to_thread(_card, name, config)

    async def _hash_all(self) -> None:
        for name, config in self._models.items():
            self._hashes[name] = await asyncio.to_thread(_hash, name, config)


def _card(name: str, config: ModelConfig) -> ModelCard | None:
    try:
        return model_card(name, config)
    except PipelineError as error:
        logger.warning("%s", error)
        return None


def _fit(name: str, config: ModelConfig) -> ModelFit | None:
    try:
        return model_fit(name, config)
    except PipelineError as error:
        logger.warning("%s", error)
        return None


def _words(models: Mapping[str, ModelConfig]) -> frozenset[str]:
    found: set[str] = set()
    for config in models.values():
        try:
            found |= known_words(config)
        except PipelineError as error:
            logger.warning("%s", error)
    return frozenset(found)


def _hash(name: str, config: ModelConfig) -> str | None:
    try:
        return model_hash(name, config)
    except PipelineError as error:
        logger.warning("%s", error)
        return None
