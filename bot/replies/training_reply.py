"""How a training speaks to the person who asked, without knowing that they sit in Discord."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Protocol

from pipeline import ClassPictures, FurnaceReport, Waiting


class Stage(Enum):
    """What a training is at."""

    WAITING = auto()
    RUNNING = auto()
    PAUSED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingStatus:
    """How far a training is: all that its status message shows."""

    stage: Stage
    num_done: int  # steps
    num_total: int
    waiting: Waiting | None = None
    loss: float | None = None  # smoothed
    seconds_left: float | None = None
    class_pictures: ClassPictures | None = None  # while these are being made
    notes: tuple[str, ...] = ()
    report: FurnaceReport | None = None  # the watch's last
    plot: bytes | None = None  # a PNG
    samples: tuple[bytes, ...] = ()  # PNGs, the latest


@dataclass(frozen=True, slots=True)
class Learned:
    """A file of what was learned."""

    name: str  # under which it is offered
    path: Path


@dataclass(frozen=True, slots=True)
class Overfull:
    """Somebody keeps more than they may: what was learned last is kept all the same."""

    stored: float  # MB
    max_stored: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingResult:
    """What a training came to."""

    name: str  # by which prompts call it
    num_steps: int
    files: Sequence[Learned]  # the first that Discord takes is shown
    before: Sequence[bytes] = ()  # PNGs; the untouched model's
    after: Sequence[bytes] = ()  # of the same prompts and seeds
    plot: bytes | None = None
    notes: tuple[str, ...] = ()  # the last that were made on the way
    overfull: Overfull | None = None


@dataclass(frozen=True, slots=True)
class TrainingPlace:
    """Where a training is talked about."""

    thread_id: int | None  # None: in its channel itself
    message_id: int  # of the status message
    is_direct: bool = False  # whether these are direct messages instead of a thread


class TrainingReply(Protocol):
    """One training's place to speak in.

    What it shows returns at once and may be skipped: only the last state matters. All else is
    posted once, however often it is asked to, and raises `ReplyDelayed` where trying again later
    may help, `Unreachable` where nothing will.
    """

    async def open(self) -> TrainingPlace:
        """Make the place, if it is not there."""

    def show(self, status: TrainingStatus) -> None:
        """Show how far it is, soon."""

    async def settle(self, status: TrainingStatus) -> None:
        """Show this as the last for a while."""

    async def warn(self, report: FurnaceReport) -> None:
        """Say in a message of its own that a training goes wrong, and what can be done."""

    async def tell_pick(self, name: str, num_done: int, user_id: int) -> None:
        """Tell everybody that somebody made a snapshot what was learned."""

    async def deliver(self, result: TrainingResult) -> None:
        """Tell its user that it is done, and show what was learned."""

    async def refuse(self, sentence: str) -> None:
        """Say in one sentence why nothing was learned."""

    async def put_out(self, sentence: str) -> None:
        """Show that it was discarded."""

    async def leave(self) -> None:
        """Stop showing anything; what is still owed comes another time."""
