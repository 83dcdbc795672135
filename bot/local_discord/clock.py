"""What time it is here, and ids made from it. Tests move the clock instead of waiting."""

import time
from datetime import UTC, datetime

DISCORD_EPOCH = 1_420_070_400_000  # milliseconds: the first of January 2015


class Clock:
    """The wall clock plus whatever it was advanced by; stopped, only advancing moves it."""

    def __init__(self) -> None:
        self.offset = 0.0  # seconds
        self.stopped_at: float | None = None

    def now(self) -> float:
        here = time.time() if self.stopped_at is None else self.stopped_at
        return here + self.offset

    def running(self) -> float:
        """Time that goes on even while the clock stands: for what must not run dry with it."""
        return time.monotonic() + self.offset

    def stop(self) -> None:
        """On a busy machine nobody is late unless a test says so."""
        self.stopped_at = time.time()

    def advance(self, seconds: float) -> None:
        self.offset += seconds

    def timestamp(self) -> str:
        return iso(self.now())


class Snowflakes:
    """Ids as Discord makes them: milliseconds since 2015, then a counter; always rising."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.last = 0

    def next(self) -> str:
        milliseconds = int(self.clock.now() * 1000) - DISCORD_EPOCH
        self.last = max(self.last + 1, milliseconds << 22)
        return str(self.last)


def iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")
