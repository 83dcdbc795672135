"""A dispatcher over workers that nap, for tests of whose turn it is and what survives what."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pipeline import Dispatcher
from pipeline.config import PipelineConfig
from pipeline.workers.worker import AnyRequest
from tests.pipeline.workers.sleepy import InlineWorker, sleepy_config

OpenDispatcher = Callable[..., AbstractAsyncContextManager[Dispatcher]]


class Begun(NamedTuple):
    """One request that was handed to a worker."""

    request_id: str
    device: str
    num_neighbours: int


@pytest.fixture
def begun() -> list[Begun]:
    """What was handed to workers, in order."""
    return []


@pytest.fixture
def open_sleepy(tmp_path: Path, begun: list[Begun]) -> OpenDispatcher:
    """Open a dispatcher over sleepy workers in the test's own loop."""

    class RecordingWorker(InlineWorker):
        def __init__(self, config: PipelineConfig, device: str) -> None:
            super().__init__(config, device)
            self.device = device

        def begin(self, request: AnyRequest) -> None:
            assert self.engine
            begun.append(Begun(request.id, self.device, len(self.engine.running)))
            super().begin(request)

    @asynccontextmanager
    async def open_sleepy(
        devices: Sequence[str] = ("cpu",), **settings: Any
    ) -> AsyncIterator[Dispatcher]:
        config = sleepy_config(tmp_path, **settings)
        async with asyncio.timeout(60), Dispatcher(config, devices, RecordingWorker) as dispatcher:
            yield dispatcher

    return open_sleepy
