"""Which part of a noise schedule runs on an input picture, as its strength says.

The rules are webui's (spec: webui §4.1), not those of diffusers, which runs another number of
steps. It knows no sigmas: those are in `pipeline.sampling`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

FULL = 0.999  # a strength above it is taken for it, as in the reference
LEAST = 0.01  # keeps the schedule of an exact number of steps from growing without end

Place = TypeVar("Place")


@dataclass(frozen=True, slots=True)
class StepPlan:
    """A schedule, and where on it an input picture comes in."""

    schedule_steps: int  # that the whole schedule is made for
    start: int  # the reference's `t_enc`: steps of it, counted from the end, less one

    @property
    def num_steps(self) -> int:
        """How many of the schedule's last steps run."""
        return self.start + 1

    @property
    def num_timesteps(self) -> int:
        """How many of a timestep sampler's levels it visits; between two it makes one update.

        With fewer than two, as the reference may have it, all the noise would stay in the picture.
        """
        return max(self.start, 2)

    def rest(self, whole: Sequence[Place]) -> list[Place]:
        """The part of a whole schedule's places that runs, its end included."""
        return list(whole[self.schedule_steps - self.start - 1 :])


def plan_steps(num_steps: int, strength: float, exact: bool) -> StepPlan:
    """From a number of steps and a strength from 0 to 1 to the steps that run.

    Otherwise than the name says, not `exact` runs the share of the steps that strength is, and
    one more; `exact` makes the schedule so much longer that `num_steps` of it run. The reference
    has no schedule at all for strength 0 then; here it runs one step, as it does without `exact`.
    """
    strength = min(strength, FULL)
    if exact and strength > 0:
        return StepPlan(int(num_steps / max(strength, LEAST)), num_steps - 1)
    return StepPlan(num_steps, int(strength * num_steps))
