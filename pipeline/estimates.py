"""When a waiting request will begin, from what was measured.

Pace is seconds per unit of work (one denoiser call on one pixel of one row; or, kept apart, one
pixel of a sample that is learned from) while a device is busy: a moving average for each device
and model, or method. The rest is a simulation of what the dispatcher and the engines will do. It
knows no clock: seconds are given to it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush

from pipeline.tickets import PictureTicket

HALF_LIFE = 30.0  # busy seconds after which a measurement counts half


@dataclass(slots=True)
class _Measured:
    work: float = 0.0
    seconds: float = 0.0

    def add(self, work: float, seconds: float) -> None:
        fading = 0.5 ** (seconds / HALF_LIFE)
        self.work = self.work * fading + work
        self.seconds = self.seconds * fading + seconds


class Paces:
    """Measured seconds per unit of work of each device with each model or method."""

    def __init__(self) -> None:
        self._measured: dict[tuple[str, str], _Measured] = {}

    def record(self, device: str, kind: str, work: float, seconds: float) -> None:
        """So much work came out of a device after so many more busy seconds."""
        self._measured.setdefault((device, kind), _Measured()).add(work, seconds)

    def pace(self, device: str, kind: str) -> float | None:
        """Seconds per unit of work; of another device or kind where this was never seen."""
        known = {key: it for key, it in self._measured.items() if it.work and it.seconds}
        if not known:
            return None
        nearest = max(known, key=lambda key: (key[1] == kind, key[0] == device))
        return known[nearest].seconds / known[nearest].work


@dataclass(slots=True)
class DeviceForecast:
    """One device in the simulation: all its images advance by one call at a time, together."""

    device: str
    max_images: int
    seconds: float = 0.0
    _calls: float = 0.0
    _call_seconds: float = 0.0  # that one call for every image takes
    num_images: int = 0
    _ends: list[tuple[float, int, float]] = field(default_factory=list)  # calls, images, seconds

    def admit(self, ticket: PictureTicket, pace: float) -> None:
        """Let a ticket's remaining images join now."""
        images = len(ticket.request.seeds)
        call_seconds = ticket.call_work * images * pace
        calls_left = (ticket.num_total - ticket.num_done) / images
        heappush(self._ends, (self._calls + calls_left, ticket.num_images_left, call_seconds))
        self._call_seconds += call_seconds
        self.num_images += ticket.num_images_left

    def go_on_until_there_is_room(self) -> None:
        """Let requests end until another may begin."""
        while self.num_images >= self.max_images and self._ends:
            calls, images, call_seconds = heappop(self._ends)
            self.seconds += (calls - self._calls) * self._call_seconds
            self._calls = calls
            self._call_seconds -= call_seconds
            self.num_images -= images


def waiting_times(
    running: Iterable[tuple[str, int, Sequence[PictureTicket]]],
    line: Iterable[PictureTicket],
    paces: Paces,
) -> Iterator[float | None]:
    """Seconds until each of the line begins; None while nothing was measured.

    `running` has for each device that works: its name, how many images it takes, its tickets.
    """
    forecasts = []
    for device, max_images, tickets in running:
        forecast = DeviceForecast(device, max_images)
        for ticket in tickets:
            forecast.admit(ticket, paces.pace(device, ticket.model) or 0.0)
        forecasts.append(forecast)
    for ticket in line:
        for forecast in forecasts:
            forecast.go_on_until_there_is_room()
        first = min(forecasts, key=lambda it: (it.seconds, it.num_images), default=None)
        pace = paces.pace(first.device, ticket.model) if first else None
        if first is None or pace is None:
            yield None
            continue
        yield first.seconds
        first.admit(ticket, pace)
