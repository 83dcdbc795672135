"""Trainings as their users have them: a real process, the real loop, the demo model."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

import pipeline
from pipeline import Cancelled, Dispatcher, TrainingRequest
from pipeline.results import Artifact, LossPlot, TrainingNote, TrainingProgress
from pipeline.streams import TrainingStream
from tests.conftest import WEIGHTS
from tests.pipeline.asking import ask, images_of, news_of, teach, worker_processes

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def dispatcher(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Dispatcher]:
    config = pipeline.PipelineConfig.model_validate(
        {
            "models": {"demo": {"path": WEIGHTS}},
            "devices": ("cpu",),
            "training": str(tmp_path_factory.mktemp("training")),
        }
    )
    async with pipeline.open_dispatcher(config) as dispatcher:
        yield dispatcher


def grau(**values: Any) -> TrainingRequest:
    """Forty small steps, with a snapshot after every ten."""
    small = {"width": 64, "height": 64, "num_steps": 40, "snapshot_every": 10, "log_every": 1}
    return teach("grau", **small | values)


async def until(stream: TrainingStream, kind: type[Any], num_steps: int) -> None:
    """Read until something of a kind came at that step or after it."""
    async for event in stream:
        step = event.num_steps if isinstance(event, Artifact) else getattr(event, "num_done", 0)
        if isinstance(event, kind) and step >= num_steps:
            return


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def undisturbed(dispatcher: Dispatcher) -> bytes:
    """What comes of a training that nothing happens to."""
    news = await news_of(dispatcher.submit(grau(id="undisturbed")))
    assert isinstance(news[-2], LossPlot)
    assert isinstance(news[-1], Artifact)
    return news[-1].path.read_bytes()


async def test_a_training_beside_pictures_loses_nothing_but_time(
    dispatcher: Dispatcher, undisturbed: bytes
) -> None:
    stream = dispatcher.submit(grau(id="beside"))
    await until(stream, TrainingProgress, 1)
    picture = ask("a red circle", width=128, height=128)
    made = asyncio.create_task(images_of(dispatcher.submit(picture)))
    news = await news_of(stream)
    assert len(await made) == 2
    assert isinstance(news[-1], Artifact)
    assert news[-1].path.read_bytes() == undisturbed


async def test_paused_and_submitted_again_it_ends_with_the_same_bits(
    dispatcher: Dispatcher, undisturbed: bytes
) -> None:
    stream = dispatcher.submit(grau(id="paused"))
    await until(stream, TrainingProgress, 12)
    assert dispatcher.cancel("paused")
    again = dispatcher.submit(grau(id="paused"))
    with pytest.raises(Cancelled):
        await news_of(stream)
    news = await news_of(again)
    notes = [it.text for it in news if isinstance(it, TrainingNote)]
    assert len(notes) == 1
    assert notes[0].startswith("Going on after step")
    assert isinstance(news[-1], Artifact)
    assert news[-1].path.read_bytes() == undisturbed


async def test_finish_keeps_what_there_is(dispatcher: Dispatcher) -> None:
    stream = dispatcher.submit(grau(id="finished", num_steps=10_000))
    await until(stream, TrainingProgress, 3)
    assert dispatcher.order("finished", "finish")
    last = (await news_of(stream))[-1]
    assert isinstance(last, Artifact)
    assert last.is_final
    assert 3 <= last.num_steps < 1000


async def test_a_training_goes_on_after_its_worker_was_killed_at_its_second_snapshot(
    dispatcher: Dispatcher, undisturbed: bytes
) -> None:
    stream = dispatcher.submit(grau(id="killed"))
    await until(stream, Artifact, 20)
    (worker,) = worker_processes()
    os.kill(worker, signal.SIGKILL)
    news = await news_of(stream)
    assert TrainingNote("killed", "Going on after step 20.") in news
    assert isinstance(news[-1], Artifact)
    assert news[-1].path.read_bytes() == undisturbed
