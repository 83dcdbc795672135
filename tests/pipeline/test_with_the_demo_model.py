"""The whole pipeline as its users have it: a real process, the real engine, the demo model."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

import pipeline
from pipeline import Dispatcher, GeneratedImage, GenerationProgress, GenerationRequest
from tests.conftest import WEIGHTS
from tests.pipeline.asking import first_progress, images_of, worker_processes

pytestmark = pytest.mark.asyncio(loop_scope="module")

LONGEST_CALLBACK = 0.05  # seconds of the loop's own thread


@pytest.fixture(scope="module")
def callback_seconds() -> list[float]:
    """What each callback on the module's loop has cost so far, in time of its own thread."""
    return []


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def dispatcher(callback_seconds: list[float]) -> AsyncIterator[Dispatcher]:
    config = pipeline.PipelineConfig.model_validate(
        {"models": {"demo": {"path": WEIGHTS}}, "devices": ("cpu",), "reproducible": True}
    )
    run = asyncio.Handle._run

    def run_timed(handle: asyncio.Handle) -> None:
        begun = time.thread_time()
        run(handle)
        callback_seconds.append(time.thread_time() - begun)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio.Handle, "_run", run_timed)
        async with pipeline.open_dispatcher(config) as dispatcher:
            yield dispatcher


def ask(num_images: int, **values: Any) -> GenerationRequest:
    defaults: dict[str, Any] = {
        "prompt": "a red circle",
        "seeds": tuple(range(num_images)),
        "num_steps": 4,
        "width": 128,
        "height": 128,
        "wants_previews": True,
    }
    return GenerationRequest(**defaults | values)


async def test_the_bots_loop_stays_free_while_16_images_are_made(
    dispatcher: Dispatcher, callback_seconds: list[float]
) -> None:
    streams = [dispatcher.submit(ask(4, user=str(user))) for user in range(4)]
    pictures = await asyncio.gather(*map(images_of, streams))
    assert [len(each) for each in pictures] == [4] * 4
    assert len(callback_seconds) > 100
    assert max(callback_seconds) < LONGEST_CALLBACK


async def test_a_picture_survives_the_death_of_its_worker(dispatcher: Dispatcher) -> None:
    undisturbed = await images_of(dispatcher.submit(ask(2)))
    (first,) = worker_processes()
    stream = dispatcher.submit(ask(2, num_steps=4))
    await first_progress(stream)
    os.kill(first, signal.SIGKILL)
    images = await images_of(stream)
    assert [image.png for image in images] == [image.png for image in undisturbed]
    (second,) = worker_processes()
    assert second != first


async def test_a_cancelled_picture_makes_room(dispatcher: Dispatcher) -> None:
    endless = dispatcher.submit(ask(8, id="endless", num_steps=150))
    await first_progress(endless)
    assert dispatcher.cancel("endless")
    with pytest.raises(pipeline.Cancelled):
        await images_of(endless)
    async with asyncio.timeout(30):
        events = [event async for event in dispatcher.submit(ask(1))]
    assert isinstance(events[-1], GeneratedImage)
    progress = [event for event in events if isinstance(event, GenerationProgress)]
    assert [event.num_total for event in progress] == [4] * len(progress)
