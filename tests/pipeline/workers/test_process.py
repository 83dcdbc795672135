"""The worker process, as a real child: its life, its manners and its ends."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from pipeline import Cancelled, ConfigError, Dispatcher, GenerationProgress, GenerationRequest
from pipeline.config import PipelineConfig
from pipeline.errors import WorkerLost
from pipeline.results import Failed, Finished, GeneratedImage
from pipeline.workers.local import LocalWorker
from pipeline.workers.worker import (
    AnyRequest,
    CannotStart,
    Ready,
    TurnBegun,
    WorkerGone,
    WorkerMessage,
)
from tests.pipeline.asking import all_pictures, ask, first_step, images_of, news_of, teach
from tests.pipeline.workers.sleepy import PROGRAM, sleepy_config, sleepy_worker

ENDLESS = GenerationRequest(id="endless", prompt="a nap", seeds=tuple(range(16)), num_steps=150)


@asynccontextmanager
async def living(config: PipelineConfig, device: str = "cpu") -> AsyncIterator[LocalWorker]:
    worker = sleepy_worker(config, device)
    try:
        async with asyncio.timeout(60):
            await worker.start()
            yield worker
    finally:
        await worker.kill()


async def all_until(worker: LocalWorker, last: type) -> list[WorkerMessage]:
    messages = [await worker.receive()]
    while not isinstance(messages[-1], last):
        messages.append(await worker.receive())
    return messages


def state(pid: int) -> str | None:
    """A process's state as the kernel writes it; Z: ended, but still in its parent's books."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return None
    return status.partition("State:\t")[2][0]


async def has_ended(pid: int) -> bool:
    for _ in range(100):
        if state(pid) in (None, "Z"):
            return True
        await asyncio.sleep(0.05)
    return False


async def test_a_worker_says_when_it_is_ready_busy_and_idle(tmp_path: Path) -> None:
    request = ask("a nap")
    async with living(sleepy_config(tmp_path, max_images_in_flight=3)) as worker:
        assert await worker.receive() == Ready("cpu", 3)
        worker.begin(request)
        messages = await all_until(worker, Finished)
        assert messages[0] == TurnBegun("denoise")
        images = [each for each in messages if isinstance(each, GeneratedImage)]
        assert images == all_pictures(request)
        assert await worker.receive() == TurnBegun("idle")


async def test_a_worker_shows_signs_of_life_in_a_long_run(tmp_path: Path) -> None:
    async with living(sleepy_config(tmp_path)) as worker:
        worker.begin(ENDLESS)
        await all_until(worker, TurnBegun)
        assert (await all_until(worker, TurnBegun))[-1] == TurnBegun("denoise")


async def test_a_request_is_dropped_between_two_steps(tmp_path: Path) -> None:
    async with living(sleepy_config(tmp_path)) as worker:
        worker.begin(ENDLESS)
        await all_until(worker, GenerationProgress)
        worker.drop("endless")
        worker.drop("never heard of")
        end = (await all_until(worker, Failed))[-1]
        assert isinstance(end, Failed)
        assert isinstance(end.error, Cancelled)


async def test_a_worker_is_nicer_than_its_bot_and_deaf_to_ctrl_c(tmp_path: Path) -> None:
    async with living(sleepy_config(tmp_path, nice=3)) as worker:
        await worker.receive()
        assert worker.pid
        assert os.getpriority(os.PRIO_PROCESS, worker.pid) == os.nice(0) + 3
        assert os.getsid(worker.pid) != os.getsid(0)
        os.kill(worker.pid, signal.SIGINT)
        worker.begin(ask("a nap"))
        await all_until(worker, Finished)


@pytest.mark.parametrize(
    ("device", "threads", "seen"), [("cpu", 3, "3"), ("cpu", 0, None), ("cuda:0", 3, None)]
)
async def test_threads_are_of_a_cpu_device_and_set_before_torch_comes(
    tmp_path: Path, device: str, threads: int, seen: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    async with living(sleepy_config(tmp_path, threads=threads), device) as worker:
        worker.begin(ask("a nap"))
        image = (await all_until(worker, GeneratedImage))[-1]
        assert isinstance(image, GeneratedImage)
        assert image.infotext == f"{seen} threads"


@pytest.mark.parametrize(
    ("prompt", "ending"),
    [("dies", r"killed by signal 9 \(Killed\)"), ("raises", "ended with exit status 1")],
)
async def test_how_a_worker_ended_is_known(tmp_path: Path, prompt: str, ending: str) -> None:
    async with living(sleepy_config(tmp_path)) as worker:
        worker.begin(ask(prompt))
        with pytest.raises(WorkerGone, match=ending):
            await all_until(worker, Finished)


async def test_a_worker_that_cannot_start_says_why(tmp_path: Path) -> None:
    async with living(sleepy_config(tmp_path), "unstartable") as worker:
        message = await worker.receive()
        assert isinstance(message, CannotStart)
        assert isinstance(message.error, ConfigError)
        with pytest.raises(WorkerGone, match="exit status 1"):
            await worker.receive()


async def test_a_program_that_is_not_there_is_a_worker_that_is_gone(tmp_path: Path) -> None:
    worker = LocalWorker(sleepy_config(tmp_path), "cpu", [str(tmp_path / "nothing")])
    with pytest.raises(WorkerGone, match="could not be started"):
        await worker.start()
    with pytest.raises(WorkerGone):
        await worker.receive()
    await worker.kill()


async def test_a_program_that_speaks_otherwise_is_a_worker_that_is_gone(tmp_path: Path) -> None:
    rude = "import socket, sys; socket.socket(fileno=int(sys.argv[1])).sendall(b'\\0\\0\\0\\2hi')"
    worker = LocalWorker(sleepy_config(tmp_path), "cpu", [sys.executable, "-c", rude])
    await worker.start()
    with pytest.raises(WorkerGone, match="no message"):
        await worker.receive()
    await worker.kill()


async def test_a_killed_worker_leaves_nothing_behind(tmp_path: Path) -> None:
    async with living(sleepy_config(tmp_path)) as worker:
        worker.begin(ENDLESS)
        await all_until(worker, GenerationProgress)
        assert worker.pid
    assert state(worker.pid) is None
    worker.begin(ENDLESS)
    await worker.kill()


@pytest.mark.parametrize("busy_with", ["nothing", "a nap", "hangs"])
async def test_a_killed_bot_leaves_no_worker_behind(tmp_path: Path, busy_with: str) -> None:
    bot = await asyncio.create_subprocess_exec(
        *PROGRAM, "bot", tmp_path, busy_with, stdout=subprocess.PIPE
    )
    assert bot.stdout
    child = int(await bot.stdout.readline())
    assert state(child) in ("R", "S")
    bot.kill()
    await bot.wait()
    assert await has_ended(child)


async def test_a_worker_killed_in_mid_image_costs_nobody_an_image(tmp_path: Path) -> None:
    workers: list[LocalWorker] = []

    def make_worker(config: PipelineConfig, device: str) -> LocalWorker:
        workers.append(sleepy_worker(config, device))
        return workers[-1]

    requests = [ask(f"a nap {number}", num_images=4) for number in range(3)]
    async with (
        asyncio.timeout(60),
        Dispatcher(sleepy_config(tmp_path), ["cpu"], make_worker) as dispatcher,
    ):
        streams = [dispatcher.submit(request) for request in requests]
        images: list[GeneratedImage] = []
        async for event in streams[0]:
            if isinstance(event, GeneratedImage):
                images.append(event)
                if len(images) == 1:
                    assert workers[0].pid
                    os.kill(workers[0].pid, signal.SIGKILL)
        for stream in streams[1:]:
            images += await images_of(stream)
    assert images == [image for request in requests for image in all_pictures(request)]
    assert len(workers) == 2


@pytest.mark.parametrize("fault", ["dies", "raises", "hangs"])
async def test_a_request_that_takes_its_process_down_fails_alone(
    tmp_path: Path, fault: str
) -> None:
    config = sleepy_config(tmp_path, step_deadline=3.0)
    neighbour = ask("a nap")
    async with asyncio.timeout(60), Dispatcher(config, ["cpu"], sleepy_worker) as dispatcher:
        bad, good = dispatcher.submit(ask(fault)), dispatcher.submit(neighbour)
        with pytest.raises(WorkerLost):
            await images_of(bad)
        images = await images_of(good)
    assert images == all_pictures(neighbour)


async def test_a_training_leaves_a_snapshot_when_the_dispatcher_is_closed(tmp_path: Path) -> None:
    request = teach(id="one", num_steps=10_000)
    config = sleepy_config(tmp_path)
    async with asyncio.timeout(60), Dispatcher(config, ["cpu"], sleepy_worker) as dispatcher:
        stream = dispatcher.submit(request)
        step = await first_step(stream)
    assert int((tmp_path / "snapshot one").read_text()) >= step.num_done


@pytest.mark.slow
async def test_closing_waits_for_a_large_snapshot(tmp_path: Path) -> None:
    request = teach("lingers lingers lingers", id="one", num_steps=10_000)
    config = sleepy_config(tmp_path, step_deadline=1.0)
    async with asyncio.timeout(60), Dispatcher(config, ["cpu"], sleepy_worker) as dispatcher:
        stream = dispatcher.submit(request)
        step = await first_step(stream)
    assert int((tmp_path / "snapshot one").read_text()) >= step.num_done


async def test_who_ends_it_twice_does_not_wait_for_a_snapshot(tmp_path: Path) -> None:
    begun = asyncio.Event()

    async def serve() -> None:
        async with Dispatcher(sleepy_config(tmp_path), ["cpu"], sleepy_worker) as dispatcher:
            stream = dispatcher.submit(teach("lingers", id="one", num_steps=10_000))
            await first_step(stream)
            begun.set()
            await news_of(stream)

    async with asyncio.timeout(60):
        serving = asyncio.create_task(serve())
        await begun.wait()
        serving.cancel()
        await asyncio.sleep(0.1)
        assert not serving.done()
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serving
    assert not (tmp_path / "snapshot one").exists()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_closing_does_not_wait_for_a_training_that_has_nothing_to_keep(
    tmp_path: Path,
) -> None:
    begun = asyncio.Event()

    class Telling(LocalWorker):
        def begin(self, request: AnyRequest) -> None:
            super().begin(request)
            begun.set()

    def telling(config: PipelineConfig, device: str) -> LocalWorker:
        return Telling(config, device, PROGRAM)

    config = sleepy_config(tmp_path)
    async with asyncio.timeout(60), Dispatcher(config, ["cpu"], telling) as dispatcher:
        stream = dispatcher.submit(teach("lingers", id="one", num_steps=10_000))
        await begun.wait()
    with pytest.raises(asyncio.CancelledError):
        await news_of(stream)
    assert not (tmp_path / "snapshot one").exists()


async def test_a_training_that_leaves_a_large_snapshot_does_not_hang(tmp_path: Path) -> None:
    request = teach("lingers", id="one", num_steps=10_000)
    config = sleepy_config(tmp_path, step_deadline=1.0)
    async with asyncio.timeout(60), Dispatcher(config, ["cpu"], sleepy_worker) as dispatcher:
        stream = dispatcher.submit(request)
        step = await first_step(stream)
        dispatcher.cancel("one")
        with pytest.raises(Cancelled):
            await news_of(stream)
    assert int((tmp_path / "snapshot one").read_text()) >= step.num_done
