"""How often, how fast and in how many parts a bot may begin sessions."""

from dataclasses import dataclass

from bot.local_discord.clock import Clock

DAY = 24 * 60 * 60  # seconds


@dataclass
class StartLimits:
    """Discord's limits, but that a restarted bot need not wait here unless a test says so."""

    num_a_day: int = 1000
    num_shards: int = 1  # the fewest that can carry all servers
    max_concurrency: int = 1
    pause: float = 0.0  # seconds between two starts of one bucket; at Discord 5


class Starts:
    """Remembers who began a session when."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.limits = StartLimits()
        self.past: list[tuple[float, int]] = []  # when, and which shard

    def recent(self) -> list[tuple[float, int]]:
        oldest = self.clock.now() - DAY
        self.past = [one for one in self.past if one[0] > oldest]
        return self.past

    def num_left(self) -> int:
        return max(0, self.limits.num_a_day - len(self.recent()))

    def reset_after(self) -> int:
        """Milliseconds until the first of the past day's starts counts no more."""
        first = min((at for at, _ in self.recent()), default=self.clock.now())
        return max(0, int((first + DAY - self.clock.now()) * 1000))

    def is_too_soon(self, shard_id: int) -> bool:
        """Whether the shard's bucket has just begun a session."""
        bucket = shard_id % self.limits.max_concurrency
        same = [at for at, other in self.recent() if other % self.limits.max_concurrency == bucket]
        return bool(same) and self.clock.now() < max(same) + self.limits.pause

    def note(self, shard_id: int) -> None:
        self.past.append((self.clock.now(), shard_id))
