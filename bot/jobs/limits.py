"""How much one user may ask for: of one request, at once, and within an hour.

What a user has asked for is counted in the database, in the unit of work that takes the next job
on: several processes and any number of restarts count alike.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.config import LimitsConfig, RoleLimits
from bot.errors import Refusal
from bot.locales import Counted
from bot.records.jobs import Jobs
from pipeline import GenerationRequest

HOUR = timedelta(hours=1)
GRAIN = 8  # pixels; the grid that every side lies on


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one user may ask for."""

    max_waiting: float  # requests; a further one is refused
    max_running: float  # requests at once; further ones wait; infinite where there is no limit
    max_per_hour: float  # requests
    max_work: float  # megapixels × steps × pictures of one request
    max_stored: float  # MB of what was learned or brought along

    @property
    def running_limit(self) -> int | None:
        """`max_running` as a request carries it; None where there is no limit."""
        return None if math.isinf(self.max_running) else int(self.max_running)


def allowance(limits: LimitsConfig, roles: Collection[str]) -> Allowance:
    """What somebody with these roles, given by names and ids, may ask for.

    Where roles of theirs name a limit, the most generous holds; else everybody's.
    """
    named = [role for name, role in limits.roles.items() if name in roles]
    return Allowance(*(_limit(it, limits, named) for it in Allowance.__dataclass_fields__))


def _limit(name: str, limits: LimitsConfig, roles: Collection[RoleLimits]) -> float:
    stated = [value for role in roles if (value := getattr(role, name)) is not None]
    return max(value or math.inf for value in stated or [getattr(limits, name)])


def work_of(request: GenerationRequest) -> float:
    """Megapixels × steps × pictures, of all passes together."""
    once = sum(each.width * each.height * each.num_steps for each in request.passes)
    return once * len(request.seeds) / 1e6


def check_work(request: GenerationRequest, max_work: float) -> None:
    """Raise `Refusal`, with what would fit, where a request is more than one user may ask for."""
    work = work_of(request)
    if work <= max_work:
        return
    count = int(len(request.seeds) * max_work / work)
    num_steps = _most_steps(request, max_work)
    width, height = _largest_size(request, max_work)
    said, limit = f"{work:,.1f}", f"{max_work:,g}"
    if count:
        raise Refusal(
            "limits.too_many_pictures",
            work=said,
            max_work=limit,
            pictures=Counted("pictures", count),
            steps=Counted("steps", num_steps),
            width=width,
            height=height,
        )
    if num_steps:
        raise Refusal(
            "limits.too_many_steps",
            work=said,
            max_work=limit,
            steps=Counted("steps", num_steps),
            width=width,
            height=height,
        )
    raise Refusal("limits.too_large", work=said, max_work=limit, width=width, height=height)


def _most_steps(request: GenerationRequest, max_work: float) -> int:
    """How many would fit; none where a second pass with steps of its own is too much already."""
    for num_steps in range(request.num_steps, 0, -1):
        if work_of(request.model_copy(update={"num_steps": num_steps})) <= max_work:
            return num_steps
    return 0


def _largest_size(request: GenerationRequest, max_work: float) -> tuple[int, int]:
    """A size of about the same shape that would fit."""
    scale = math.sqrt(max_work / work_of(request))
    width, height = (int(side * scale) // GRAIN * GRAIN for side in (request.width, request.height))
    while work_of(request.model_copy(update={"width": width, "height": height})) > max_work:
        width, height = width - GRAIN, height - GRAIN  # a second pass is rounded in its own way
    return width, height


async def check_counts(jobs: Jobs, user_id: int, allowed: Allowance, now: datetime) -> None:
    """Raise `Refusal` where a user has as many jobs waiting, or within the hour, as they may."""
    if await jobs.num_waiting(user_id) >= allowed.max_waiting:
        raise Refusal(
            "limits.too_many_waiting", requests=Counted("requests", int(allowed.max_waiting))
        )
    if math.isinf(allowed.max_per_hour):
        return
    max_per_hour = int(allowed.max_per_hour)
    if counted := await jobs.nth_newest(user_id, max_per_hour, since=now - HOUR):
        free_at = math.ceil((counted + HOUR).timestamp())
        raise Refusal(
            "limits.too_many_per_hour", times=Counted("times", max_per_hour), free_at=free_at
        )
