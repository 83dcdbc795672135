"""What descriptions of Discord's REST API and gateway can be asked.

openapi.py and frame_schema.py have those that are used.
"""

from collections.abc import Sequence
from typing import Protocol

from bot.local_discord.errors import Problem
from bot.local_discord.wire import Json


class Description(Protocol):
    """Knows which requests and answers Discord's published description allows."""

    def request_problems(self, method: str, path: str, payload: object) -> Sequence[Problem]:
        """What is wrong with a request's body, in Discord's words."""
        ...

    def answer_problem(self, method: str, path: str, status: int, payload: object) -> str | None:
        """What is wrong with an answer, in one sentence."""
        ...


class FrameDescription(Protocol):
    """Knows which frames the published types of the gateway allow."""

    def problem(self, frame: Json) -> str | None:
        """What is wrong with a dispatched frame, in one sentence."""
        ...
