"""Learning-rate schedules as people write them: "0.005:100, 1e-3:1000, 1e-5" (spec: webui §5.4).

Each rate holds until its step; one without a step holds to the end, and so does one with step -1.
Golden: `lr_schedules`. It knows no optimizer.
"""

from collections.abc import Sequence
from dataclasses import dataclass

TO_THE_END = -1


@dataclass(frozen=True, slots=True)
class LearningRate:
    """One rate, and the step before which it ends."""

    rate: float
    end_step: int


def parse_schedule(
    text: str, num_steps: int, from_step: int = 0, what: str = "learning rate"
) -> list[LearningRate]:
    """The rates that hold from a step on, in their order; `what` they are is said in errors.

    As in webui, what follows a rate without a step is not read, and `a:b:c` counts as such a
    rate. Raises `ValueError` with a sentence where a part is no number or nothing is left.
    """
    rates: list[LearningRate] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        pieces = part.split(":")
        try:
            rate = float(pieces[0])
            end_step = int(pieces[1]) if len(pieces) == 2 else TO_THE_END
        except ValueError as error:
            raise ValueError(
                f"The {what} `{part}` cannot be read: write a number as 0.005, or a number and the "
                "step it ends at as 0.005:100, with commas between several."
            ) from error
        if end_step == TO_THE_END:
            return [*rates, LearningRate(rate, num_steps)]
        if end_step > from_step:
            rates.append(LearningRate(rate, end_step))
    if not rates:
        raise ValueError(
            f"The {what} `{text.strip()}` says nothing: write one such as 0.005, or a "
            "schedule such as 0.005:100, 1e-3:1000."
        )
    return rates


def rates_by_step(
    schedule: Sequence[LearningRate], num_steps: int, from_step: int = 0
) -> list[float]:
    """The rate of every step from `from_step` to the last, which may come before `num_steps`.

    As in webui, a step that finds its rate ended takes the next one, even if that has ended too.
    """
    rates: list[float] = []
    left = iter(schedule)
    current = next(left)
    for step in range(from_step, num_steps):
        if step >= current.end_step:
            following = next(left, None)
            if following is None:
                break
            current = following
        rates.append(current.rate)
    return rates
