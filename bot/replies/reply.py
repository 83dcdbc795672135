"""How a job answers the person who asked, without knowing that they sit in Discord."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pipeline import GenerationRequest


@dataclass(frozen=True, slots=True)
class Delivered:
    """Where some of the pictures stand, or the sentence."""

    channel_id: int
    message_id: int
    indices: tuple[int, ...] = ()  # of the pictures there


class ReplyDelayed(Exception):
    """The answer could not be posted now; trying again later may help."""


class Unreachable(Exception):
    """There is no place left where this person can be answered."""


class Reply(Protocol):
    """One job's place to answer in.

    What it shows returns at once and may be skipped: only the last state matters. What it
    answers is posted once, however often it is asked to.
    """

    def show_waiting(self, num_before: int, seconds: float | None) -> None:
        """Say how many requests are served before this one, and about how long that takes."""

    def show_progress(self, fraction: float, preview: bytes | None) -> None:
        """Show how far it is."""

    async def deliver(
        self, request: GenerationRequest, pictures: Sequence[bytes]
    ) -> Sequence[Delivered]:
        """Post the pictures, one PNG for each of the request's seeds; one message may not do.

        Raises `ReplyDelayed` or `Unreachable`.
        """

    async def refuse(self, sentence: str) -> None:
        """Say in one sentence why there is no picture.

        Raises `ReplyDelayed` or `Unreachable`.
        """

    async def leave(self) -> None:
        """Stop showing anything; the answer, if it is still owed, comes another time."""
