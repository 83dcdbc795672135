"""How late the bot's event loop is while pictures are made, by the clock on the wall.

    python -m pipeline bench lag

A gateway's heartbeat or a slash command waits as long as the loop is late. The workers are at a
lower priority, so that the loop gets the processor when it asks.
"""

import asyncio
from collections.abc import Sequence
from statistics import quantiles

from rich.console import Console

from pipeline.bench.machine import describe_machine
from pipeline.config import PipelineConfig
from pipeline.dispatcher import Dispatcher, open_dispatcher
from pipeline.requests import GenerationRequest

TICK = 0.01  # seconds
NUM_REQUESTS, NUM_IMAGES = 4, 4
NUM_STEPS = 20


def measure_lag(config: PipelineConfig) -> None:
    """Print how late the loop was, idle and while 16 images were made."""
    console = Console()
    console.print(describe_machine(), soft_wrap=True)
    idle, busy = asyncio.run(_idle_and_busy(config))
    for name, lags in (("idle", idle), ("while 16 images are made", busy)):
        cuts = quantiles(lags, n=100)
        console.print(
            f"{name}: median {cuts[49] * 1e3:.1f} ms, 99 % {cuts[98] * 1e3:.1f} ms, "
            f"longest {max(lags) * 1e3:.1f} ms, {len(lags)} ticks"
        )


async def _idle_and_busy(config: PipelineConfig) -> tuple[list[float], list[float]]:
    async with open_dispatcher(config) as dispatcher:
        await _make(dispatcher, config, [0])  # the worker is up and the model loaded
        idle: list[float] = []
        busy: list[float] = []
        ticking = asyncio.create_task(_tick(idle))
        await asyncio.sleep(3)
        ticking.cancel()
        ticking = asyncio.create_task(_tick(busy))
        await asyncio.gather(
            *(
                _make(dispatcher, config, range(first, first + NUM_IMAGES))
                for first in range(0, NUM_REQUESTS * NUM_IMAGES, NUM_IMAGES)
            )
        )
        ticking.cancel()
        return idle, busy


async def _tick(lags: list[float]) -> None:
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + TICK
        await asyncio.sleep(TICK)
        lags.append(loop.time() - due)


async def _make(dispatcher: Dispatcher, config: PipelineConfig, seeds: Sequence[int]) -> None:
    size = config.model().native_size
    request = GenerationRequest(
        prompt="a large red circle",
        seeds=tuple(seeds),
        num_steps=NUM_STEPS,
        width=size,
        height=size,
        wants_previews=True,
    )
    async for _ in dispatcher.submit(request):
        pass
