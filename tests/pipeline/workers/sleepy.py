"""An engine and two workers for it, without torch: a call is a nap, and a prompt is an order.

Run as a program it is a worker process like `pipeline.workers.process`, around `SleepyEngine`,
or with the arguments "bot", a folder and a prompt, a bot that prints the worker's process id once
the prompt is under way. Words in a prompt that the engine obeys when all but the last image are
made: "dies", "raises", "hangs", "fails"; with "once" only the first time; and "loads", which
takes a second before the first step. A training's name is such an order too, for its middle step,
and "saves" there takes a second; each "lingers" is for its withdrawal, and takes two.
"unstartable" and "stillborn" are devices without an engine;
"mortal" has one once.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.config import PipelineConfig
from pipeline.errors import Cancelled, ConfigError, InvalidPicture
from pipeline.requests import GenerationRequest
from pipeline.results import (
    EngineEvent,
    Failed,
    Finished,
    GeneratedImage,
    GenerationProgress,
    Order,
    TrainingNews,
    Turn,
)
from pipeline.training_request import TrainingRequest
from pipeline.workers import process
from pipeline.workers.local import LocalWorker
from pipeline.workers.worker import (
    AnyRequest,
    CannotStart,
    Ready,
    TurnBegun,
    WorkerGone,
    WorkerMessage,
)
from tests.pipeline.workers.sleepy_training import SleepyTraining

NAP = 0.002  # seconds
# As a module: of a file by its path, the folder of the tests is not found.
PROGRAM = (sys.executable, "-m", "tests.pipeline.workers.sleepy")


class Dies(Exception):
    """The process is to be killed, as by the kernel."""


class Hangs(Exception):
    """The step is never to end."""


class SleepyEngine:
    """Makes the images of each request one after another; each is its prompt and seed."""

    def __init__(self, config: PipelineConfig, device: str) -> None:
        self.max_images = config.max_images_in_flight
        self.running: dict[str, tuple[GenerationRequest, int]] = {}
        self.training: SleepyTraining | None = None
        self.events: list[EngineEvent | TrainingNews] = []
        self.unloaded = False
        self.trains_next = False
        self.past = config.models["sleepy"].path
        if device == "unstartable" or (device == "mortal" and self._is_not_the_first(device)):
            raise ConfigError(f"There is no device called {device}.")
        if device == "stillborn":
            raise Dies

    @property
    def idle(self) -> bool:
        return not self.running and not self.events and not self.training

    @property
    def next_turn(self) -> Turn:
        if self.unloaded:
            return "load"
        if self.training and (self.trains_next or not self.running):
            return "save" if "saves" in self.training.due_order() else "train"
        return "denoise" if self.running else "idle"

    @property
    def nap(self) -> float:
        """Seconds that the next step takes."""
        return 1.0 if self.next_turn in ("load", "save") else NAP

    def submit(self, request: AnyRequest) -> None:
        if isinstance(request, TrainingRequest):
            assert not self.training
            self.training = SleepyTraining(request, self.past)
            return
        self.running[request.id] = request, 0
        self.unloaded = self.unloaded or "loads" in request.prompt.split()

    def order(self, request_id: str, order: Order) -> None:
        if self.training and self.training.request.id == request_id:
            self.training.orders.append(order)

    def cancel(self, request_id: str) -> None:
        if self.training and self.training.request.id == request_id:
            self.training.save()
            self.training = None
            self.events.append(Failed(request_id, Cancelled()))
        if self.running.pop(request_id, None):
            self.events.append(Failed(request_id, Cancelled()))

    def step(self) -> Sequence[EngineEvent | TrainingNews]:
        turn = self.next_turn
        trains = turn in ("train", "save")
        self.unloaded, self.trains_next = False, not trains
        if self.training and trains:
            if order := self.training.due_order():
                self._obeys(order, self.training.request)
            self.events += self.training.step()
            self.training = None if self.training.has_ended else self.training
        running = list(self.running.values()) if turn == "denoise" else []
        for request, num_done in running:
            self._advance(request, num_done + 1)
        events, self.events = self.events, []
        return events

    def _advance(self, request: GenerationRequest, num_done: int) -> None:
        total = request.num_steps * len(request.seeds)
        self.running[request.id] = request, num_done
        if num_done == total and self._misbehaves(request):
            return
        self.events.append(GenerationProgress(request.id, num_done, total))
        if num_done % request.num_steps == 0:
            index = num_done // request.num_steps - 1
            self.events.append(picture(request, index))
        if num_done == total:
            del self.running[request.id]
            self.events.append(Finished(request.id))

    def _misbehaves(self, request: GenerationRequest) -> bool:
        order = request.prompt.split()
        if not self._obeys(order, request):
            return False
        if "fails" in order:
            del self.running[request.id]
            self.events.append(Failed(request.id, InvalidPicture()))
        return "fails" in order

    def _obeys(self, order: Sequence[str], request: AnyRequest) -> bool:
        """Whether the order holds; what it breaks, it breaks here."""
        if "once" in order and self._is_not_the_first(request.id):
            return False
        if "dies" in order:
            raise Dies
        if "hangs" in order:
            raise Hangs
        if "raises" in order:
            raise ValueError("as ordered")
        return True

    def _is_not_the_first(self, name: str) -> bool:
        """Whether this was asked before about that name, in any life."""
        was_there = (self.past / name).exists()
        (self.past / name).touch()
        return was_there


def picture(request: GenerationRequest, index: int) -> GeneratedImage:
    """What `SleepyEngine` makes of one seed."""
    seed = request.seeds[index]
    png = f"{request.prompt} {seed}".encode()
    threads = os.environ.get("OMP_NUM_THREADS")
    return GeneratedImage(request.id, index, seed, 8, 8, png, infotext=f"{threads} threads")


class InlineWorker:
    """A worker in the loop of the test, so that many lives take no time."""

    def __init__(self, config: PipelineConfig, device: str) -> None:
        self._config, self._device = config, device
        self.engine: SleepyEngine | None = None
        self._messages: list[WorkerMessage] = []
        self._turn: Turn = "idle"
        self._woken = asyncio.Event()

    async def start(self) -> None:
        await asyncio.sleep(NAP)
        try:
            self.engine = SleepyEngine(self._config, self._device)
        except ConfigError as error:
            self._messages.append(CannotStart(error))
        except Dies:
            raise WorkerGone("died at birth") from None
        else:
            self._messages.append(Ready(self._device, self.engine.max_images))

    def begin(self, request: AnyRequest) -> None:
        assert self.engine
        self.engine.submit(request)
        self._woken.set()

    def order(self, request_id: str, order: Order) -> None:
        assert self.engine
        self.engine.order(request_id, order)

    def drop(self, request_id: str) -> None:
        assert self.engine
        self.engine.cancel(request_id)
        self._woken.set()

    async def receive(self) -> WorkerMessage:
        while not self._messages:
            if self.engine is None:
                raise WorkerGone("could not start")
            if self.engine.next_turn != self._turn:
                self._turn = self.engine.next_turn
                return TurnBegun(self._turn)
            if self.engine.idle:
                self._woken.clear()
                await self._woken.wait()
                continue
            await asyncio.sleep(self.engine.nap)
            try:
                self._messages += self.engine.step()
            except Hangs:
                await asyncio.Event().wait()
            except (Dies, ValueError) as error:
                raise WorkerGone(f"died: {error!r}") from error
        return self._messages.pop(0)

    async def kill(self) -> None:
        self.engine = None


class NappingEngine(SleepyEngine):
    """`SleepyEngine` in a process of its own, where time and death are real."""

    def cancel(self, request_id: str) -> None:
        if self.training:
            time.sleep(2.0 * self.training.request.name.split().count("lingers"))
        super().cancel(request_id)

    def step(self) -> Sequence[EngineEvent | TrainingNews]:
        time.sleep(self.nap)
        try:
            return super().step()
        except Dies:
            os.kill(os.getpid(), signal.SIGKILL)
        except Hangs:
            time.sleep(3600)
        raise AssertionError


def sleepy_worker(config: PipelineConfig, device: str) -> LocalWorker:
    """A real child process around `NappingEngine`."""
    return LocalWorker(config, device, PROGRAM)


def sleepy_config(folder: Path, **settings: Any) -> PipelineConfig:
    """A configuration with one model, for engines that never look into its folder."""
    return PipelineConfig.model_validate({"models": {"sleepy": {"path": folder}}, **settings})


async def _be_a_bot(folder: Path, prompt: str) -> None:
    worker = sleepy_worker(sleepy_config(folder), "cpu")
    await worker.start()
    await worker.receive()
    if prompt != "nothing":
        worker.begin(GenerationRequest(prompt=prompt, seeds=(1,), num_steps=20))
        await worker.receive()
    await asyncio.sleep(0.1)
    print(worker.pid, flush=True)  # noqa: T201
    await asyncio.sleep(3600)


if __name__ == "__main__":
    if sys.argv[1] == "bot":
        asyncio.run(_be_a_bot(Path(sys.argv[2]), sys.argv[3]))
    process.main(NappingEngine)
