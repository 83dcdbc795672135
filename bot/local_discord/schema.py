"""What a description of Discord's REST API can be asked; openapi.py has the one that is used."""

from collections.abc import Sequence
from typing import Protocol

from bot.local_discord.errors import Problem


class Description(Protocol):
    """Knows which requests and answers Discord's published description allows."""

    def request_problems(self, method: str, path: str, payload: object) -> Sequence[Problem]:
        """What is wrong with a request's body, in Discord's words."""
        ...

    def answer_problem(self, method: str, path: str, status: int, payload: object) -> str | None:
        """What is wrong with an answer, in one sentence."""
        ...
