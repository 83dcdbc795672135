"""A worker owns one device and computes; this is all that a dispatcher knows of it.

A worker may be a child process or an actor on another machine. It is told what to begin and
what to drop, and it speaks in messages, in order. It never decides whose turn it is.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from pipeline.errors import PipelineError
from pipeline.requests import GenerationRequest
from pipeline.results import GeneratedImage, GenerationProgress


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker has its device and takes requests."""

    device: str
    max_images: int  # how many it can have in flight at once


@dataclass(frozen=True, slots=True)
class TurnBegun:
    """The worker begins something that must end within the deadline of its kind."""

    kind: str  # "load", "encode", "denoise", "decode" or "idle"


@dataclass(frozen=True, slots=True)
class Finished:
    """All images of a request have been sent."""

    request_id: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A request ended without all of its images; the worker goes on."""

    request_id: str
    error: PipelineError


WorkerMessage = Ready | TurnBegun | GenerationProgress | GeneratedImage | Finished | Failed


class WorkerGone(Exception):
    """The worker's process ended; whatever it had in flight is unfinished."""


class Worker(Protocol):
    """One device's process, as the dispatcher sees it."""

    device: str

    async def start(self) -> None:
        """Begin; the first message is `Ready`."""

    async def begin(self, request: GenerationRequest) -> None:
        """Hand over a request. Raises `WorkerGone`."""

    async def drop(self, request_id: str) -> None:
        """Withdraw a request: no message about it follows but `Failed` with `Cancelled`."""

    def messages(self) -> AsyncIterator[WorkerMessage]:
        """What the worker says, in order, until it is gone. Raises `WorkerGone` at the end."""

    async def kill(self) -> None:
        """End it at once and free its device; returns when it is gone."""
