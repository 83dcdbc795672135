"""How much one user may ask of training: whether at all, of one training, and at once."""

import math
from collections.abc import Collection
from dataclasses import dataclass

from bot.config import RoleTrainingLimits, TrainingConfig
from bot.errors import Refusal
from bot.locales import Counted
from pipeline import TrainingRequest

# On the operator's disk while a training runs; of a whole model, each is as large as that.
MAX_SNAPSHOTS, MAX_CHECKPOINTS = 20, 3


@dataclass(frozen=True, slots=True)
class TrainingAllowance:
    """What one user may ask for; infinite where there is no limit."""

    max_waiting: float  # trainings, those that are paused too; a further one is refused
    max_running: float  # trainings at once; further ones wait
    max_steps: float  # of one training
    max_pictures: float

    @property
    def running_limit(self) -> int | None:
        """`max_running` as a request carries it; None where there is no limit."""
        return None if math.isinf(self.max_running) else int(self.max_running)


def training_allowance(config: TrainingConfig, roles: Collection[str]) -> TrainingAllowance:
    """What somebody with these roles, given by names and ids, may ask for.

    Where roles of theirs name a limit, the most generous holds. Raises `Refusal` where they may
    not train at all.
    """
    if config.may_train and not any(role in roles for role in config.may_train):
        raise Refusal("train.limits.roles", roles=", ".join(config.may_train))
    named = [role for name, role in config.roles.items() if name in roles]
    limits = (_limit(it, config, named) for it in TrainingAllowance.__dataclass_fields__)
    return TrainingAllowance(*limits)


def check_training(request: TrainingRequest, num_pictures: int, allowed: TrainingAllowance) -> None:
    """Raise `Refusal` where a training is more than one user may ask for."""
    check_steps(request.num_steps, allowed)
    if num_pictures > allowed.max_pictures:
        raise Refusal(
            "train.limits.pictures",
            pictures=Counted("pictures", num_pictures),
            most=int(allowed.max_pictures),
        )
    most = MAX_CHECKPOINTS if request.method.kind == "dreambooth" else MAX_SNAPSHOTS
    if request.kept_snapshots > most:
        raise Refusal("train.limits.snapshots", snapshots=request.kept_snapshots, most=most)


def check_steps(num_steps: int, allowed: TrainingAllowance) -> None:
    """Raise `Refusal` where a training has more steps than one user may ask for."""
    if num_steps > allowed.max_steps:
        raise Refusal("train.limits.steps", steps=f"{num_steps:,}", most=f"{allowed.max_steps:,}")


def check_num_waiting(num_waiting: int, allowed: TrainingAllowance) -> None:
    """Raise `Refusal` where a user has as many trainings waiting or paused as they may."""
    if num_waiting >= allowed.max_waiting:
        waiting = Counted("trainings", int(allowed.max_waiting))
        raise Refusal("train.limits.waiting", trainings=waiting)


def _limit(name: str, config: TrainingConfig, roles: Collection[RoleTrainingLimits]) -> float:
    stated = [value for role in roles if (value := getattr(role, name)) is not None]
    return max(value or math.inf for value in stated or [getattr(config, name)])
