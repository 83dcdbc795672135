"""Which request is read next where not all models that are asked for fit together.

Models that fit together are no matter: their pictures share the device call by call. Of those
that do not, each has the device for a while. A model's turn lasts as long as there is work for
it, but no longer than `turn` seconds once others wait; then nothing of it begins any more, its
pictures in flight are finished, and the one for which people have waited longest takes its place.
So there are no more loads than pictures, under load no more than one in `turn` seconds, and
whoever waits has but the turns of the others before them.
"""

import time
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from pipeline.models.cache import ModelCache


class Entry(NamedTuple):
    """One waiting request."""

    model: str
    begun: bool  # its texts are being read, with the model that it has
    is_crowded: bool = False  # its model has no room before a training has left


class Choice(NamedTuple):
    """The next request, by its place among the waiting, and the models that must stay for it."""

    place: int
    keep: Collection[str]


class ModelTurns:
    """Chooses among the waiting requests of one device."""

    def __init__(
        self, models: ModelCache, turn: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._models = models
        self._turn = turn
        self._now = now
        self._since: dict[str, float] = {}  # when each loaded model's turn began
        self.is_held = False  # nothing begins: something else on the device needs its memory

    def choose(self, waiting: Sequence[Entry], in_use: Collection[str]) -> Choice | None:
        """The request that is next, in the order they came; None if all must wait.

        `in_use` are the models of pictures in flight.
        """
        loaded, used = set(self._models.loaded), set(in_use)
        self._since = {name: self._since.get(name, self._now()) for name in loaded}
        busy = loaded & ({entry.model for entry in waiting} | used)
        blocked, leaving = None, set[str]()
        for place, entry in enumerate(waiting):
            if entry.is_crowded or (self.is_held and not entry.begun):
                continue
            if entry.model in loaded:
                # Only those that came after whoever waits for a model make way for it.
                if entry.begun or entry.model not in leaving:
                    return Choice(place, busy - {entry.model} | used)
            elif blocked in (None, entry.model):
                if not self._models.fits(entry.model, busy):
                    blocked, leaving = entry.model, self._leaving(entry.model, busy)
                keep = busy - leaving | used
                if self._models.fits(entry.model, keep):
                    return Choice(place, keep)
        return None

    def choose_after(
        self, before: Sequence[Entry], waiting: Sequence[Entry], in_use: Collection[str]
    ) -> Choice | None:
        """The same where others go before; None too while it is the turn of one of those."""
        choice = self.choose([*before, *waiting], in_use)
        if choice is None or choice.place < len(before):
            return None
        return Choice(choice.place - len(before), choice.keep)

    def _leaving(self, wanted: str, busy: Collection[str]) -> set[str]:
        """The models that make way for one that has no room: those whose turns are over."""
        leaving: set[str] = set()
        for name in sorted(busy, key=self._since.__getitem__):
            if self._now() - self._since[name] < self._turn:
                break
            leaving.add(name)
            if self._models.fits(wanted, set(busy) - leaving):
                return leaving
        return set()
