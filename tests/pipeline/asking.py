"""How tests ask a dispatcher for something and read what comes of it."""

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline import GeneratedImage, GenerationProgress, GenerationRequest
from pipeline.results import TrainingProgress
from pipeline.streams import RequestStream, TrainingStream
from pipeline.training_request import TrainingPicture, TrainingRequest
from pipeline.training_tickets import TrainingStreamEvent
from tests.pipeline.pictures import RED, encoded
from tests.pipeline.workers.sleepy import picture


def ask(prompt: str = "a nap", num_images: int = 2, **values: Any) -> GenerationRequest:
    """A request of five steps an image, if nothing else is said."""
    defaults: dict[str, Any] = {"seeds": tuple(range(num_images)), "num_steps": 5}
    return GenerationRequest(prompt=prompt, **defaults | values)


def teach(name: str = "a nap", **values: Any) -> TrainingRequest:
    """A request to learn one picture, of twenty steps if nothing else is said."""
    defaults: dict[str, Any] = {
        "pictures": (TrainingPicture(content=encoded(RED.resize((32, 32)))),)
    }
    return TrainingRequest(name=name, **{"num_steps": 20} | defaults | values)


async def images_of(stream: RequestStream) -> list[GeneratedImage]:
    """Read to the end and keep the pictures."""
    return [event async for event in stream if isinstance(event, GeneratedImage)]


def all_pictures(request: GenerationRequest) -> list[GeneratedImage]:
    """What a sleepy engine makes of a request."""
    return [picture(request, index) for index in range(len(request.seeds))]


async def first_progress(stream: RequestStream) -> GenerationProgress:
    """Read until work has begun."""
    async for event in stream:
        if isinstance(event, GenerationProgress):
            return event
    raise AssertionError("it ended without progress")


async def news_of(stream: TrainingStream) -> list[TrainingStreamEvent]:
    """Read to the end."""
    return [event async for event in stream]


async def first_step(stream: TrainingStream) -> TrainingProgress:
    """Read until a step was taken."""
    async for event in stream:
        if isinstance(event, TrainingProgress):
            return event
    raise AssertionError("it ended without a step")


def worker_processes() -> set[int]:
    """The worker processes of this one."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            command = (folder / "cmdline").read_text()
        except OSError:
            continue
        if int(parent) == os.getpid() and "pipeline.workers.process" in command:
            found.add(int(folder.name))
    return found


def unfair_turns(users: Sequence[str]) -> list[int]:
    """Of turns in their order, all waited for from the first on: where one came too early.

    Somebody else still waited then who had been served less recently.
    """
    left, served = Counter(users), dict.fromkeys(users, -1)
    unfair = []
    for turn, user in enumerate(users):
        waiting = [other for other, count in left.items() if count]
        if served[user] > min(served[other] for other in waiting):
            unfair.append(turn)
        left[user] -= 1
        served[user] = turn
    return unfair
