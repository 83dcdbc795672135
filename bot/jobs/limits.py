"""How much one user may have waiting."""

from bot.errors import Refusal
from bot.records.jobs import Jobs


async def check_waiting(jobs: Jobs, user_id: int, max_waiting: int) -> None:
    """Raise `Refusal` where a user has as many jobs without pictures as they may."""
    if await jobs.num_waiting(user_id) >= max_waiting:
        raise Refusal("limits.too_many_waiting", max_waiting=max_waiting)
