"""How a job answers the person who asked, without knowing that they sit in Discord."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pipeline import GeneratedImage, GenerationRequest


@dataclass(frozen=True, slots=True)
class Delivered:
    """Where the answer stands."""

    channel_id: int
    message_id: int


class Reply(Protocol):
    """One job's place to answer in."""

    async def show_waiting(self, num_before: int, seconds: float | None) -> None:
        """Say how many requests are served before this one, and about how long that takes."""

    async def show_progress(self, fraction: float, preview: bytes | None) -> None:
        """Show how far it is; calls that come faster than the medium allows are skipped."""

    async def deliver(
        self, request: GenerationRequest, images: Sequence[GeneratedImage]
    ) -> Delivered:
        """Post the pictures, once."""

    async def refuse(self, sentence: str) -> None:
        """Say in one sentence why there is no picture."""
