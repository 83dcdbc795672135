"""A worker owns one device and computes; this is all that a dispatcher knows of it.

A worker may be a child process or an actor on another machine. It is told what to begin and
what to drop, and it speaks in messages, in order. It never decides whose turn it is. One worker
is one life: after its end a new one is made.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from pipeline.config import PipelineConfig
from pipeline.errors import PipelineError
from pipeline.requests import GenerationRequest
from pipeline.results import EngineEvent, Order, TrainingNews, Turn
from pipeline.training_request import TrainingRequest

AnyRequest: TypeAlias = GenerationRequest | TrainingRequest


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker has its device and takes requests."""

    device: str
    max_images: int  # how many it can have in flight at once


@dataclass(frozen=True, slots=True)
class CannotStart:
    """The worker will never be ready as things are; it ends after this."""

    error: PipelineError


@dataclass(frozen=True, slots=True)
class TurnBegun:
    """The worker begins something that must end within the deadline of its kind.

    It says so whenever the kind changes, and again now and then while it stays the same.
    """

    kind: Turn


WorkerMessage: TypeAlias = Ready | CannotStart | TurnBegun | EngineEvent | TrainingNews


class WorkerGone(Exception):
    """The worker ended; whatever it had in flight is unfinished. Says how it ended."""


class Worker(Protocol):
    """One device's process, as the dispatcher sees it."""

    async def start(self) -> None:
        """Begin its life; does not wait for `Ready`. Raises `WorkerGone`."""

    def begin(self, request: AnyRequest) -> None:
        """Hand over a request. What a worker that is gone was told is lost without a word."""

    def order(self, request_id: str, order: Order) -> None:
        """Ask something of a training; of one that has just ended, that is no mistake."""

    def drop(self, request_id: str) -> None:
        """Withdraw a request: nothing follows about it but one `Finished` or `Failed`.

        A training leaves a snapshot before that. An unknown id, or one that has just ended, is no
        mistake and has no answer.
        """

    async def receive(self) -> WorkerMessage:
        """The next thing that the worker says. Raises `WorkerGone` after the last one."""

    async def kill(self) -> None:
        """End it at once and free its device; returns when it is gone, however it went."""


WorkerFactory = Callable[[PipelineConfig, str], Worker]
