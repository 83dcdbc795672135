"""Our engine against diffusers' pipeline, in one run: the same requests, the same UNet work.

    python -m pipeline bench

Each side makes the same stream of requests, in turns, several times over; medians are printed.
An evaluation is what a sampler asks for once, two rows of a UNet call with guidance; rows are
counted, and a side that did other work than its neighbours ends the run.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from statistics import median
from typing import Any

import diffusers
import torch
from diffusers import StableDiffusionPipeline, StableDiffusionXLPipeline
from rich.console import Console
from rich.table import Table

from pipeline.bench.machine import describe_machine
from pipeline.config import PipelineConfig
from pipeline.engine.engine import Engine
from pipeline.errors import GenerationFailed
from pipeline.models.parts import place
from pipeline.requests import GenerationRequest
from pipeline.results import Failed, Finished
from pipeline.samplers import find_sampler

# Our sampler, its steps, and diffusers' scheduler that makes as many evaluations of them.
MIX: tuple[tuple[str, int, str, dict[str, Any]], ...] = (
    ("Euler a", 14, "EulerAncestralDiscreteScheduler", {}),
    ("DPM++ 2M Karras", 20, "DPMSolverMultistepScheduler", {"use_karras_sigmas": True}),
    ("Euler", 18, "EulerDiscreteScheduler", {}),
    ("Heun", 8, "HeunDiscreteScheduler", {}),
    ("DPM++ SDE Karras", 7, "DPMSolverSDEScheduler", {"use_karras_sigmas": True}),
    ("DPM++ 2M", 12, "DPMSolverMultistepScheduler", {}),
)
COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "white", "black")
GUIDANCE_SCALE = 5.0
NUM_IN_FLIGHT = 8


def stream(num_requests: int, size: int) -> list[GenerationRequest]:
    """Requests as different people would send them."""
    return [
        GenerationRequest(
            prompt=f"a large {COLOURS[number % len(COLOURS)]} circle, number {number}",
            seeds=(number,),
            sampler=MIX[number % len(MIX)][0],
            num_steps=MIX[number % len(MIX)][1],
            guidance_scale=GUIDANCE_SCALE,
            width=size,
            height=size,
        )
        for number in range(num_requests)
    ]


@dataclass
class Side:
    """One way of making the stream, and how long each repeat took."""

    name: str
    run: Callable[[Sequence[GenerationRequest]], None]
    rows: Callable[[], int]  # of UNet calls, answered so far
    seconds: list[float] = field(default_factory=list)


def compare(config: PipelineConfig, model: str | None, repeats: int, num_requests: int) -> None:
    """Run all sides and print the table."""
    device = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    if config.threads:
        torch.set_num_threads(config.threads)
    console = Console()
    console.print(describe_machine(), soft_wrap=True)
    name = model or config.default_model
    config = config.model_copy(
        update={"models": {name: config.model(name)}, "max_images_in_flight": NUM_IN_FLIGHT}
    )
    requests = stream(num_requests, config.model().native_size)
    sides = [diffusers_side(config, device)]
    for reproducible in (False, True):
        mode = config.model_copy(update={"reproducible": reproducible})
        engine = Engine(mode, str(device))
        label = "reproducible" if reproducible else "ours"
        sides.append(engine_side(f"{label}, one by one", engine, 1))
        sides.append(engine_side(f"{label}, {NUM_IN_FLIGHT} in flight", engine, NUM_IN_FLIGHT))
    for side in sides:
        side.run(requests[: len(MIX)])  # warm-up: kernels chosen, memory measured, caches filled
    for repeat in range(repeats):
        for side in sides:
            measure(side, requests)
        console.print(f"repeat {repeat + 1} of {repeats} done")
    console.print(table(sides, num_requests, sum(map(evaluations, requests))))


def measure(side: Side, requests: Sequence[GenerationRequest]) -> None:
    """One repeat of one side."""
    before, begun = side.rows(), time.perf_counter()
    side.run(requests)
    side.seconds.append(time.perf_counter() - begun)
    made, expected = (side.rows() - before) / 2, sum(map(evaluations, requests))
    if made != expected:
        raise GenerationFailed(f"{side.name}: {made:g} evaluations, not {expected}.")


def evaluations(request: GenerationRequest) -> int:
    """How many evaluations a request's sampler asks for."""
    sampler, _ = find_sampler(request.sampler)
    return sampler.num_evaluations(request.num_steps)


def diffusers_side(config: PipelineConfig, device: torch.device) -> Side:
    """diffusers' own pipeline, one request after the other, with SDPA and without extras."""
    dtype, folder = place(config.model(), device).dtype, config.model().path
    if (folder / "text_encoder_2").is_dir():
        pipe = StableDiffusionXLPipeline.from_pretrained(folder, dtype=dtype)
    else:
        pipe = StableDiffusionPipeline.from_pretrained(
            folder, dtype=dtype, safety_checker=None, requires_safety_checker=False
        )
    pipe.to(device)
    pipe.set_progress_bar_config(disable=True)
    schedulers = [
        getattr(diffusers, name).from_config(pipe.scheduler.config, **options)
        for _, _, name, options in MIX
    ]

    def run(requests: Sequence[GenerationRequest]) -> None:
        for number, request in enumerate(requests):
            pipe.scheduler = schedulers[number % len(MIX)]
            pipe(
                request.prompt,
                negative_prompt=request.negative_prompt,
                num_inference_steps=request.num_steps,
                guidance_scale=request.guidance_scale,
                width=request.width,
                height=request.height,
                generator=torch.Generator().manual_seed(request.seeds[0]),
            )

    num_rows = 0

    def count(_: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        nonlocal num_rows
        num_rows += inputs[0].shape[0]

    pipe.unet.register_forward_pre_hook(count)
    return Side("diffusers, one by one", run, lambda: num_rows)


def engine_side(name: str, engine: Engine, num_in_flight: int) -> Side:
    """Our engine, always with so many requests in flight while there are any left."""

    def run(requests: Sequence[GenerationRequest]) -> None:
        left = iter(requests)
        for request in islice(left, num_in_flight):
            engine.submit(request)
        while not engine.idle:
            for event in engine.step():
                if isinstance(event, Failed):
                    raise event.error
                if isinstance(event, Finished):
                    for request in islice(left, 1):
                        engine.submit(request)

    return Side(name, run, lambda: engine.num_rows_answered)


def table(sides: Sequence[Side], num_requests: int, num_evaluations: int) -> Table:
    """Medians, and ratios to the first side."""
    result = Table(title=f"{num_requests} requests, {num_evaluations} evaluations, medians")
    for heading in ("", "seconds", "evaluations/s", "images/s", "ratio"):
        result.add_column(heading, justify="left" if not heading else "right")
    first = median(sides[0].seconds)
    for side in sides:
        took = median(side.seconds)
        result.add_row(
            side.name,
            f"{took:.2f}",
            f"{num_evaluations / took:.1f}",
            f"{num_requests / took:.2f}",
            f"{first / took:.2f}",
        )
    return result
