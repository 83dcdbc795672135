"""How long a training, or pictures, have a device's memory that does not hold both.

A stay begins when what it needs is loaded. Once the other waits, it lasts no longer than a model's
turn, but as long as the last loads took: no more than about half of the time goes into moving.
"""

from collections.abc import Callable
from typing import Literal, TypeAlias

Guest: TypeAlias = Literal["training", "pictures"]


class Stays:
    """The stay of the one that is there."""

    def __init__(self, turn: float, now: Callable[[], float]) -> None:
        self._turn = turn  # seconds
        self._now = now
        self._since = -turn  # nobody came yet: whoever is there may be asked to go
        self._has_pictures = False  # what the first of them needed is there
        self._loads: dict[Guest, float] = {"training": 0.0, "pictures": 0.0}

    def begin(self) -> None:
        """The other moves in."""
        self._since, self._has_pictures = self._now(), False

    def loaded(self, guest: Guest, seconds: float) -> None:
        """What is needed for this stay took so long to come; more for pictures is a part of it."""
        if guest == "pictures" and self._has_pictures:
            return
        self._since, self._has_pictures = self._now(), guest == "pictures"
        self._loads[guest] = seconds

    @property
    def is_over(self) -> bool:
        """Whether the other, if it waits, is next."""
        return self._now() - self._since >= max(self._turn, sum(self._loads.values()))
