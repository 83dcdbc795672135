"""Rate limits as Discord keeps them: a bucket for each route and place, and one over all requests.

Discord does not publish its numbers and changes them, so that a client has to read the headers;
those here are of the usual order.
"""

import hashlib
import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from bot.local_discord.clock import Clock
from bot.local_discord.errors import RateLimited
from bot.local_discord.wire import Json

MAX_INVALID, INVALID_WINDOW = 10_000, 600.0  # answers of 401, 403 or 429, seconds
KEPT = 1000  # buckets remembered


@dataclass(frozen=True)
class Window:
    """So many requests in so many seconds."""

    num_requests: int
    seconds: float


USUAL = Window(10, 5.0)
GLOBAL = Window(50, 1.0)


@dataclass
class Bucket:
    """What is left of a window that has begun."""

    window: Window
    resets_at: float
    left: int


class RateLimits:
    """Counts requests; says what is left, and refuses what is too much."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.scale = 1.0  # of all windows: at 0 nothing is ever too much
        self.buckets: dict[str, Bucket] = {}
        self.invalid: deque[float] = deque(maxlen=MAX_INVALID)

    def take(self, key: str, window: Window) -> Bucket | None:
        """The bucket with one request less in it; nothing if it was empty."""
        now = self.clock.running()
        bucket = self.buckets.get(key)
        if bucket is None or bucket.resets_at <= now:
            self.forget(now)
            resets_at = now + window.seconds * self.scale
            bucket = self.buckets[key] = Bucket(window, resets_at, window.num_requests)
        if bucket.left == 0:
            return None
        bucket.left -= 1
        return bucket

    def forget(self, now: float) -> None:
        if len(self.buckets) >= KEPT:
            self.buckets = {key: one for key, one in self.buckets.items() if one.resets_at > now}

    def admit(self, route: str, places: Iterable[str], window: Window) -> dict[str, str]:
        """The headers for an answer of a route; RateLimited if there were too many before."""
        key = f"{route} {' '.join(places)}"
        bucket = self.take(key, window)
        headers = self.headers(route, self.buckets[key])
        if bucket is None:
            raise RateLimited(self.left_of(key), "user", headers)
        return headers

    def admit_globally(self) -> None:
        """One more request of the bot, wherever to."""
        if self.take("everything", GLOBAL) is None:
            raise RateLimited(self.left_of("everything"), "global")

    def share(self, resource: str, window: Window) -> None:
        """One more change of something that has a limit of its own, whoever changes it."""
        if self.take(resource, window) is None:
            raise RateLimited(self.left_of(resource), "shared")

    def left_of(self, key: str) -> float:
        return max(0.001, self.buckets[key].resets_at - self.clock.running())

    def headers(self, route: str, bucket: Bucket) -> dict[str, str]:
        """The bucket's name tells routes apart, but not the places they lead to."""
        after = max(0.0, bucket.resets_at - self.clock.running())
        return {
            "X-RateLimit-Limit": str(bucket.window.num_requests),
            "X-RateLimit-Remaining": str(bucket.left),
            "X-RateLimit-Reset": f"{self.clock.now() + after:.3f}",
            "X-RateLimit-Reset-After": f"{math.ceil(after * 1000) / 1000:.3f}",
            "X-RateLimit-Bucket": hashlib.sha256(route.encode()).hexdigest()[:32],
        }

    def note_answer(self, status: int, headers: Json) -> None:
        """Counts what a client should have known better; shared limits it could not know."""
        if status in (401, 403, 429) and headers.get("X-RateLimit-Scope") != "shared":
            self.invalid.append(self.clock.running())

    def is_banned(self) -> bool:
        """Whether the wall before Discord lets nothing through any more."""
        is_full = len(self.invalid) == MAX_INVALID
        return is_full and self.invalid[0] > self.clock.running() - INVALID_WINDOW
